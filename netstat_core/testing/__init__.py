"""The test kit for plugins: damage what readers read, and see whether each says so."""

from netstat_core.testing.damage import DAMAGES, Damage
from netstat_core.testing.sweep import Finding, sweep

__all__ = ["DAMAGES", "Damage", "Finding", "sweep"]
