"""The dialect of SunOS 5.10 netstat(1M): its options, and its displays over the records of Linux."""

from __future__ import annotations

from netstat_core.dialects.solaris.variants import make_dialect

DIALECT = make_dialect("solaris")
