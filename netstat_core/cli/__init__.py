"""The command line: option syntaxes, and the commands behind them."""
