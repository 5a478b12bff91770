"""The lab on the screen: pages that ask for futures of a market, and the processes that run them."""
