"""Internet sockets: tcp, udp, udplite, raw, icmp (ping) and sctp over IPv4 and IPv6."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from netstat_core.plugin import Reader, hookimpl

API = 0

FAMILIES = ("inet", "inet6")


@hookimpl
def netstat_readers(tables: Collection[str], families: Collection[str]) -> Iterable[Reader]:
    """Return the readers of ``sockets``, one for each protocol, and of ``local_ports``, if the query selects them."""
    if families and not set(FAMILIES) & set(families):
        return ()
    readers: list[Reader] = []
    if not tables or "sockets" in tables:
        from netstat_inet.readers import READERS  # noqa: PLC0415 - loaded only when needed

        readers += READERS
    if not tables or "local_ports" in tables:
        from netstat_inet.proc_local_ports import READER  # noqa: PLC0415

        readers.append(READER)
    return readers
