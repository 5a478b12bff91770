"""What churnlab costs, measured: against rivals in the same run (`python -m benchmarks`)."""
