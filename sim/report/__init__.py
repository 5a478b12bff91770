"""How a result is told to people: one HTML file with inline figures that works without a network."""
