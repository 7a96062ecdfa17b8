"""Plugin for network interfaces with their counters and addresses, and the DHCP leases of these."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from netstat_core.plugin import Reader, hookimpl

API = 0


@hookimpl
def netstat_readers(tables: Collection[str]) -> Iterable[Reader]:
    """Return the readers of the tables; interfaces have no address family, so families do not matter."""
    readers: list[Reader] = []
    if not tables or "interfaces" in tables:
        from netstat_iface.readers import READERS  # noqa: PLC0415 - loaded only when needed

        readers += READERS
    if not tables or "leases" in tables:
        from netstat_iface.leases import READER as LEASES  # noqa: PLC0415

        readers.append(LEASES)
    return readers
