"""Who holds a socket: processes, and the unit, container and pod behind them."""
