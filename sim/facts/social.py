FACTS: tuple = ()
