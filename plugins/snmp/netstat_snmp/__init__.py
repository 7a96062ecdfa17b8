"""Protocol statistics, as ``netstat -s`` shows them and beyond; memory of sockets, ports they get, and settings."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from netstat_core.plugin import Reader, hookimpl

API = 0

TABLES = frozenset({"statistics", "memory"})


@hookimpl
def netstat_readers(tables: Collection[str]) -> Iterable[Reader]:
    """Return the readers of the tables of this plugin, or nothing if none is asked for."""
    readers: list[Reader] = []
    if not tables or TABLES.intersection(tables):
        from netstat_snmp.readers import READERS  # noqa: PLC0415 - loaded only when asked for

        readers += READERS
    if not tables or "local_ports" in tables:
        from netstat_snmp.proc_local_ports import READER  # noqa: PLC0415

        readers.append(READER)
    if not tables or "settings" in tables:
        from netstat_snmp import proc_sys_net  # noqa: PLC0415

        readers += [proc_sys_net.READER, proc_sys_net.DEFAULT_READER]
    return readers
