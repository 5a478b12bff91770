"""What readers of a market are told: the ledger, measures, the panel and assessed relations."""
