"""Numbers of 32 bits in the files of routes, which kernels of some age print with a sign."""

from __future__ import annotations

from netstat_core.plugin import bounded

UNSIGNED = 0xFFFFFFFF


def unsigned(word: bytes, base: int = 10) -> int:
    """A number of 32 bits without its sign; raises ValueError for what is none, or is longer than any kernel's."""
    return bounded(int(word, base)) & UNSIGNED
