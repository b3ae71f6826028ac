"""Simulated days: a district, stand-in carriers with a town behind them, and a clock that one driver moves."""
