"""Option syntaxes and the text that goes with them."""
