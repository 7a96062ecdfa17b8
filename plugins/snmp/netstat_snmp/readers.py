"""The readers of statistics and socket memory, in the order netstat reads the files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from netstat_core.plugin import (
    About,
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
    Source,
    is_silent,
    plain_table,
)
from netstat_snmp import delta, proc_sockstat
from netstat_snmp.net_tools import LAYOUT, reads_as_text, refusal
from netstat_snmp.proc_snmp import parse_pairs
from netstat_snmp.proc_snmp6 import parse_interfaces, parse_one_section, parse_rows, section_by_prefix
from netstat_snmp.proc_stat import SOFTNET, parse_conntrack, parse_softnet
from netstat_snmp.record import Memory, Statistics

Parsed = Iterator[Record | Problem | Gap]
Sources = Callable[[Query], list["Source | None"]]

_PROTOCOLS = ("tcp", "sctp", "udp", "udplite", "raw")
_WITHOUT_STATISTICS = ("unix", "ipx", "ax25", "x25", "netrom", "rose", "ddp", "bluetooth", "ash", "ec")
"""Families that are refused: somebody has to answer to their names."""

_SNMP = File("/proc/net/snmp")
_NETSTAT = File("/proc/net/netstat", required=False)
_SCTP = File("/proc/net/sctp/snmp", required=False)
_SNMP6 = File("/proc/net/snmp6")
_INTERFACES = Directory("/proc/net/dev_snmp6/*")
_SOFTNET = File(f"/proc/net/{SOFTNET}")
_CONNTRACK = Directory("/proc/net/stat/*_conntrack")
_XFRM = File("/proc/net/xfrm_stat")
_TLS = File("/proc/net/tls_stat")
_SOCKSTAT = File("/proc/net/sockstat")
_SOCKSTAT6 = File("/proc/net/sockstat6", required=False)
_BY_PROTOCOL = File("/proc/net/protocols", required=False)


def _where(condition: Callable[[Query], bool], *sources: Source) -> Sources:
    """These sources for queries of which the condition holds, none for others."""
    return lambda query: [source if condition(query) else None for source in sources]


def _wants_inet(query: Query) -> bool:
    return refusal(query) is None and query.serves_family("inet")


def _wants_inet6(query: Query) -> bool:
    """Text shows IPv6 only where it was asked for."""
    return refusal(query) is None and query.serves_family("inet6") and (_is_inet6(query) or not reads_as_text(query))


def _is_inet6(query: Query) -> bool:
    return set(query.families) == {"inet6"}


def _wants_further(query: Query) -> bool:
    """These sections are not part of the text."""
    return not reads_as_text(query)


def _parse_inet(about: About, snmp: bytes | None, netstat: bytes | None, sctp: bytes | None) -> Parsed:
    refused = refusal(about.query)
    if refused is not None:
        yield refused
    if snmp is not None:
        yield from parse_pairs(_SNMP.path, snmp)
    if netstat is not None:
        yield from parse_pairs(_NETSTAT.path, netstat)
    if sctp is not None:
        yield from parse_one_section(_SCTP.path, sctp, "Sctp")


def _parse_inet6(about: About, snmp6: bytes | None) -> Parsed:
    refused = refusal(about.query)
    if refused is not None:
        yield refused
    if snmp6 is not None:
        yield from parse_rows(_SNMP6.path, snmp6, section_by_prefix)


def _parse_tcp(_about: About, snmp: bytes | None) -> Parsed:
    """TCP counts both IP versions in one section, which belongs to IPv6 where that is asked for alone.

    Netstat gives up a broken file without a word here.
    """
    if snmp is not None:
        yield from parse_pairs(_SNMP.path, snmp, lambda section: section == "Tcp", unpaired="silent")


def _parse_interfaces(_about: About, contents: dict[str, bytes] | None) -> Parsed:
    yield from parse_interfaces((contents or {}).items())


def _parse_softnet(_about: About, content: bytes | None) -> Parsed:
    yield from parse_softnet(_SOFTNET.path, content or b"")


def _parse_conntrack(_about: About, contents: dict[str, bytes] | None) -> Parsed:
    if contents == {}:
        yield Gap("not_in_kernel", _CONNTRACK.name, "no connection tracking")
    yield from parse_conntrack((contents or {}).items())


def _rows_parser(file: File) -> Callable[[About, bytes | None], Parsed]:
    """The parser of a file of counters that are one section, called like the file."""

    def parse(_about: About, content: bytes | None) -> Parsed:
        if content is not None:
            yield from parse_one_section(file.path, content, file.path.rpartition("/")[2])

    return parse


def _explanations(name: str) -> Iterable[Explanation]:
    from netstat_snmp import dictionary  # noqa: PLC0415 - a listing does without it

    return dictionary.explanations(name)


def _statistics(
    name: str,
    position: int,
    feed: tuple[Sources, Callable[..., Iterable[Record | Problem | Gap]]],
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
        feeds=(Feed("procfs", sources=feed[0], parse=feed[1]),),
        layouts={"net-tools": LAYOUT},
        change=delta.CHANGE,
        explain=_explanations,
    )


_INET6 = ("inet6",)

_MEMORY_LAYOUT = plain_table(
    "memory",
    "Socket memory",
    (
        Column("Protocol", field="name", width=18),
        Column("Sockets", field="sockets", width=8, right=True),
        Column("Orphan", field="orphans", width=8, right=True),
        Column("TimeWait", field="time_wait", width=8, right=True),
        Column("Alloc", field="allocated", width=8, right=True),
        Column("Pages", field="memory_pages", width=8, right=True),
        Column("Bytes", field="memory_bytes", width=10, right=True),
        Column("Pressure", field="pressure", width=8, right=True),
        Column("Size", field="socket_bytes", width=6, right=True),
    ),
)


def _shown_memory(query: Query) -> Callable[[Record], bool] | None:
    return (lambda record: record["family"] in query.families) if query.families else None


READERS = (
    _statistics(
        "statistics",
        4000,
        (_where(_wants_inet, _SNMP, _NETSTAT, _SCTP), _parse_inet),
        ("inet", *_WITHOUT_STATISTICS),
        _PROTOCOLS,
    ),
    _statistics("statistics6", 4010, (_where(_wants_inet6, _SNMP6), _parse_inet6), _INET6, _PROTOCOLS),
    _statistics("statistics6_tcp", 4020, (_where(_is_inet6, _SNMP), _parse_tcp), _INET6, _PROTOCOLS),
    _statistics(
        "statistics6_interfaces", 4030, (_where(_wants_further, _INTERFACES), _parse_interfaces), _INET6, ("raw",)
    ),
    _statistics("softnet", 4040, (_where(_wants_further, _SOFTNET), _parse_softnet)),
    _statistics("conntrack", 4050, (_where(_wants_further, _CONNTRACK), _parse_conntrack)),
    _statistics("xfrm", 4060, (_where(_wants_further, _XFRM), _rows_parser(_XFRM))),
    _statistics("tls", 4070, (_where(_wants_further, _TLS), _rows_parser(_TLS))),
    Reader(
        name="memory",
        table="memory",
        position=5100,
        families=proc_sockstat.FAMILIES,
        kind="memory",
        record=Memory,
        feeds=(
            Feed("procfs", sources=lambda _query: [_SOCKSTAT, _SOCKSTAT6, _BY_PROTOCOL], parse=proc_sockstat.parse),
            Feed("protocols", sources=lambda _query: [None, None, File(_BY_PROTOCOL.path)], parse=proc_sockstat.parse),
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
