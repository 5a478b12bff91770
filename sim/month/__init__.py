"""What happens in a month, in order: shocks, decisions, networks and care, customers, books."""
