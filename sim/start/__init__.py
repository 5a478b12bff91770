"""How a world is built and opened: people drawn or read from a file, flows balanced, a burn-in lived."""
