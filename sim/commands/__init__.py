"""The commands of the command line, one module each; `sim.cli` imports only the one that is called."""
