"""The readable twin of the loop: every customer an agent that may be read, stepped through and subclassed."""
