"""The dialect of later illumos: as SunOS 5.10, with other headers and letters of routes, and with ``-u``."""

from __future__ import annotations

from netstat_core.dialects.solaris.variants import make_dialect

DIALECT = make_dialect("solaris-illumos", is_illumos=True)
