"""The parts of calibration: targets, what a market comes to, the search, what the data identify, forecasts, the
scenario found.
"""
