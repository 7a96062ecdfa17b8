"""The readers of statistics and socket memory, in the order netstat reads the files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from netstat_core.plugin import (
    About,
    Asked,
    Column,
    Directory,
    Explanation,
    Feed,
    File,
    Gap,
    Layout,
    Problem,
    Query,
    Reader,
    Record,
    feed,
    is_silent,
    plain_table,
)
from netstat_snmp import delta, proc_sockstat
from netstat_snmp.net_tools import LAYOUT, LAYOUT6
from netstat_snmp.proc_snmp import parse_pairs
from netstat_snmp.proc_snmp6 import parse_interfaces, parse_one_section, parse_rows, section_by_prefix
from netstat_snmp.proc_stat import SOFTNET, parse_conntrack, parse_softnet
from netstat_snmp.record import Memory, Statistics

Parsed = Iterator[Record | Problem | Gap]

_PROTOCOLS = ("tcp", "sctp", "udp", "udplite", "raw")

_SNMP = File("/proc/net/snmp")
_NETSTAT = File("/proc/net/netstat")
_SCTP = File("/proc/net/sctp/snmp")
_SNMP6 = File("/proc/net/snmp6")
_INTERFACES = Directory("/proc/net/dev_snmp6/*")
_SOFTNET = File(f"/proc/net/{SOFTNET}")
_CONNTRACK = Directory("/proc/net/stat/*_conntrack")
_XFRM = File("/proc/net/xfrm_stat")
_TLS = File("/proc/net/tls_stat")
_SOCKSTAT = File("/proc/net/sockstat")
_SOCKSTAT6 = File("/proc/net/sockstat6")
_BY_PROTOCOL = File("/proc/net/protocols")


_FIRST = {
    _SNMP: re.compile(rb"Ip: "),
    _NETSTAT: re.compile(rb"TcpExt: "),
    _SCTP: re.compile(rb"Sctp[A-Z]"),
    _SNMP6: re.compile(rb"Ip6[A-Z]"),
    _XFRM: re.compile(rb"Xfrm[A-Z]"),
    _TLS: re.compile(rb"Tls[A-Z]"),
}
"""How every kernel begins these files."""


def _is_inet6(asked: Asked) -> bool:
    return asked.families == ("inet6",)


def _parse_inet(_about: About, snmp: bytes, netstat: bytes | None, sctp: bytes | None) -> Parsed:
    yield from parse_pairs(_SNMP.path, snmp, first_row=_FIRST[_SNMP])
    if netstat is not None:
        yield from parse_pairs(_NETSTAT.path, netstat, first_row=_FIRST[_NETSTAT])
    if sctp is not None:
        yield from parse_one_section(_SCTP.path, sctp, "Sctp", _FIRST[_SCTP])


def _parse_inet6(_about: About, snmp6: bytes) -> Parsed:
    return parse_rows(_SNMP6.path, snmp6, section_by_prefix, first_row=_FIRST[_SNMP6])


def _parse_tcp(_about: About, snmp: bytes | None) -> Parsed:
    """Yield the section Tcp, which counts both IP versions, if only IPv6 is asked for.

    netstat gives up a broken file silently here, so the code of such a problem is ``silent``.
    """
    if snmp is not None:
        yield from parse_pairs(_SNMP.path, snmp, lambda section: section == "Tcp", "silent", _FIRST[_SNMP])


def _parse_interfaces(_about: About, contents: Mapping[str, bytes]) -> Parsed:
    return parse_interfaces(contents.items())


def _parse_softnet(_about: About, content: bytes) -> Parsed:
    return parse_softnet(_SOFTNET.path, content)


def _parse_conntrack(_about: About, contents: Mapping[str, bytes]) -> Parsed:
    if not contents:
        yield Gap("not_in_kernel", _CONNTRACK.name, "no connection tracking")
    yield from parse_conntrack(contents.items())


def _make_section_feed(file: File) -> Feed:
    """Return the feed of a file whose counters are one section, which is named like the file."""

    def parse(_about: About, content: bytes) -> Parsed:
        return parse_one_section(file.path, content, file.path.rpartition("/")[2], _FIRST[file])

    return feed("procfs", file, parse=parse)


def _find_explanations(name: str) -> Iterable[Explanation]:
    from netstat_snmp import dictionary  # noqa: PLC0415 - listings do not need it

    return dictionary.find_explanations(name)


def _make_reader(  # noqa: PLR0913 - the fields in which these readers differ
    name: str,
    position: int,
    source: Feed,
    layout: Layout | None = None,
    *,
    families: tuple[str, ...] = (),
    protocols: tuple[str, ...] = (),
) -> Reader:
    return Reader(
        name=name,
        table="statistics",
        position=position,
        families=families,
        protocols=protocols,
        kind="statistics",
        record=Statistics,
        feeds=(source,),
        layouts={} if layout is None else {"net-tools": layout},
        change=delta.CHANGE,
        explain=_find_explanations,
    )


_INET6 = ("inet6",)

_MEMORY_LAYOUT = plain_table(
    "memory",
    "Socket memory",
    (
        Column("Protocol", field="name", width=18),
        Column("Sockets", field="sockets", width=8, align="right"),
        Column("Orphan", field="orphans", width=8, align="right"),
        Column("TimeWait", field="time_wait", width=8, align="right"),
        Column("Alloc", field="allocated", width=8, align="right"),
        Column("Pages", field="memory_pages", width=8, align="right"),
        Column("Bytes", field="memory_bytes", width=10, align="right"),
        Column("Pressure", field="pressure", width=8, align="right"),
        Column("Size", field="socket_bytes", width=6, align="right"),
    ),
)


def _shown_memory(query: Query) -> Callable[[Record], bool] | None:
    return (lambda record: record["family"] in query.families) if query.families else None


READERS = (
    _make_reader(
        "statistics",
        4000,
        feed("procfs", _SNMP, _NETSTAT.optional, _SCTP.optional, parse=_parse_inet),
        LAYOUT,
        families=("inet",),
        protocols=_PROTOCOLS,
    ),
    _make_reader(
        "statistics6",
        4010,
        feed("procfs", _SNMP6, parse=_parse_inet6),
        LAYOUT6,
        families=_INET6,
        protocols=_PROTOCOLS,
    ),
    _make_reader(
        "statistics6_tcp",
        4020,
        feed("procfs", _SNMP.when(_is_inet6), parse=_parse_tcp),
        LAYOUT6,
        families=_INET6,
        protocols=_PROTOCOLS,
    ),
    _make_reader(
        "statistics6_interfaces",
        4030,
        feed("procfs", _INTERFACES, parse=_parse_interfaces),
        families=_INET6,
        protocols=("raw",),
    ),
    _make_reader("softnet", 4040, feed("procfs", _SOFTNET, parse=_parse_softnet)),
    _make_reader("conntrack", 4050, feed("procfs", _CONNTRACK, parse=_parse_conntrack)),
    _make_reader("xfrm", 4060, _make_section_feed(_XFRM)),
    _make_reader("tls", 4070, _make_section_feed(_TLS)),
    Reader(
        name="memory",
        table="memory",
        position=5100,
        families=proc_sockstat.FAMILIES,
        kind="memory",
        record=Memory,
        feeds=(
            feed("procfs", _SOCKSTAT, _SOCKSTAT6.optional, _BY_PROTOCOL.optional, parse=proc_sockstat.parse),
            feed("protocols", _BY_PROTOCOL, parse=proc_sockstat.parse_protocols),
        ),
        layouts={
            "net-tools": Layout(
                block=_MEMORY_LAYOUT.block,
                rows=_MEMORY_LAYOUT.rows,
                needs=_MEMORY_LAYOUT.needs,
                shown=_shown_memory,
                complain=is_silent,
            )
        },
    ),
)
