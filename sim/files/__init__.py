"""Files as people have them: how they are read, and how results are written whole or not at all."""
