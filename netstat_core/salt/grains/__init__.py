"""Salt grains."""
