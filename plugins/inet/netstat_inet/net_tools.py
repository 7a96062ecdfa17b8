"""The net-tools layout of Internet sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from netstat_core.plugin import (
    Block,
    Complaint,
    Gap,
    Layout,
    Names,
    Problem,
    Query,
    Record,
    Style,
    owner_cells,
    owner_heading,
    scope,
    unsupported,
)

_WITHOUT_COLON = 22
_LONGEST_PORT = 18
_SHORT = {"tcp": "tcp", "udp": "udp", "udplite": "udpl", "raw": "raw", "sctp": "sctp"}
_TCP_TIMERS = {"retransmit": "on"}
_DATAGRAM_TIMERS = {"retransmit": "on1", "keepalive": "on2", "timewait": "unkn-3", "probe": "unkn-4"}
_UNSPECIFIED = {"inet": "0.0.0.0", "inet6": "::"}  # noqa: S104 - not bound to, only compared

_NEVER_CUT = 17
"""Longest address that fits the column together with a port of five digits."""

_COLUMNS = itemgetter(
    "family",
    "recv_queue",
    "send_queue",
    "local_address",
    "local_port",
    "remote_address",
    "remote_port",
    "state",
)
_COLUMNS_RAW = itemgetter(
    "family",
    "recv_queue",
    "send_queue",
    "local_address",
    "ip_protocol",
    "remote_address",
    "remote_port",
    "state_number",
)

Tail = Callable[[Record], str]
Cell = Callable[[str, str, int], str]
"""Formats family, address and port as the text of one column."""


def heading(style: Style, _traits: Mapping[str, Any]) -> str:
    """Return the title and the line of column heads."""
    header = "Proto Recv-Q Send-Q Local Address           Foreign Address         State      "
    if style.extend:
        header += " User       Inode     "
    header += owner_heading(style)
    if style.timers:
        header += " Timer"
    return f"Active Internet connections {scope(style)}\n{header}\n"


BLOCK = Block("inet", heading=heading)


def needs(style: Style) -> frozenset[str]:
    """Return the record fields that the formatter and the -l/-a filter read."""
    fields = {"family", "protocol", "local_address", "local_port", "remote_address", "remote_port", "state"}
    fields |= {"state_number", "recv_queue", "send_queue", "v4_mapped", "ip_protocol"}
    if style.extend:
        fields |= {"uid", "inode"}
    if style.timers:
        fields.add("timer")
    if style.shows_owners:
        fields |= {"inode", "processes"}
    return frozenset(fields)


def select_tcp(query: Query) -> Callable[[Record], bool] | None:
    """Return the row filter of tcp; None if all rows are shown.

    -l selects rows with remote port 0, the default all others; the state does not count.
    """
    if query.show == "all":
        return None
    servers = query.show == "listening"
    return lambda record: (record["remote_port"] == 0) is servers


def select_datagrams(query: Query) -> Callable[[Record], bool] | None:
    """Return the row filter of udp, udplite and raw; None if all rows are shown.

    -l selects rows with an unspecified remote address, but not with the IPv4-mapped one, as netstat does.
    """
    if query.show == "all":
        return None
    servers = query.show == "listening"
    return lambda record: (record["remote_address"] == _UNSPECIFIED[record["family"]]) is servers


def rows(style: Style, names: Names, _traits: Mapping[str, Any]) -> Callable[[Sequence[Record]], str]:
    """Return the function that formats a batch of records of one protocol, SCTP excepted."""
    tail = make_tail(style, names)
    cells: dict[str, Cell] = {}

    def format_batch(batch: Sequence[Record]) -> str:
        protocol = batch[0]["protocol"]
        if protocol not in cells:
            cells[protocol] = make_address_cell(style, names, protocol)
        names.expect_hosts(_list_hosts(batch))
        lines = _format_lines(batch, protocol, cells[protocol])
        if tail is None:
            return "\n".join(lines) + "\n"
        return "".join([f"{line}{tail(record)}\n" for line, record in zip(lines, batch, strict=True)])

    return format_batch


def _format_lines(batch: Sequence[Record], protocol: str, cell: Cell) -> list[str]:
    """Format the columns from Proto to State, one line for each record."""
    short = _SHORT[protocol]
    prefix = {"inet": short.ljust(6), "inet6": f"{short}6".ljust(6)}
    states = _STATES.get(protocol, _DATAGRAM_STATES)
    return [
        f"{prefix[family]}{str(recv_queue).rjust(6)} {str(send_queue).rjust(6)} "
        f"{cell(family, local, local_port).ljust(23)} {cell(family, remote, remote_port).ljust(23)} {states[state]}"
        for family, recv_queue, send_queue, local, local_port, remote, remote_port, state in map(
            _COLUMNS_RAW if protocol == "raw" else _COLUMNS, batch
        )
    ]


def _list_hosts(batch: Sequence[Record]) -> Iterable[str]:
    """Yield the addresses whose names are looked up; netstat does not look up IPv4-mapped ones."""
    for record in batch:
        if not record["v4_mapped"]:
            yield record["local_address"]
            yield record["remote_address"]


def make_address_cell(style: Style, names: Names, protocol: str) -> Cell:
    """Return the function that formats ``ADDRESS:PORT``.

    Without -W the text is cut to 23 columns: the end of the address first, the port only if longer than 18.
    """

    def cut_to_column(host: str, port: str) -> str:
        if len(host) + len(port) > _WITHOUT_COLON and not style.wide:
            port = port[:_LONGEST_PORT]
            host = host[: _WITHOUT_COLON - len(port)]
        return f"{host}:{port}"

    def format_numeric(_family: str, address: str, port: int) -> str:
        return cut_to_column(address, str(port or "*")) if len(address) > _NEVER_CUT else f"{address}:{port or '*'}"

    def format_resolved(family: str, address: str, port: int) -> str:
        is_mapped = family == "inet6" and ":" not in address  # netstat never looks these up
        host = address if is_mapped else names.host(address)
        return cut_to_column(host, names.port(port, "udp" if protocol == "udplite" else protocol))

    return format_resolved if names.resolves_hosts or names.resolves_ports else format_numeric


class _States(dict[Any, str]):
    """Cache of the State column by the state in the record.

    A state that netstat has no word for is shown as UNKNOWN, and the ``hidden`` one as blanks.
    """

    def __init__(self, hidden: str | None) -> None:
        super().__init__()
        self._hidden = hidden

    def __missing__(self, state: Any) -> str:
        text = "" if state == self._hidden else "UNKNOWN" if str(state).startswith("UNKNOWN") else str(state)
        self[state] = text.ljust(11)
        return self[state]


_STATES = {"tcp": _States("UNKNOWN(0)"), "raw": _States(None)}
_DATAGRAM_STATES = _States("CLOSE")


def make_tail(style: Style, names: Names) -> Tail | None:
    """Return the function that formats the columns after State (user, inode, owner, timer); None if there are none."""
    parts: list[Tail] = []
    if style.extend:
        parts.append(lambda record: f" {names.user(record['uid'] or 0):<10} {record['inode'] or 0:<10}")
    if style.shows_owners:
        parts.append(lambda record: owner_cells(style, record))
    if style.timers:
        parts.append(lambda record: " " + format_timer(record))
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else lambda record: "".join([part(record) for part in parts])


def format_timer(record: Record) -> str:
    """Format the Timer column: ``kind (seconds/retransmits/probes)``; empty without a timer, as for SCTP."""
    timer = record["timer"]
    if timer is None:
        return ""
    is_tcp = record["protocol"] == "tcp"
    kind = timer["kind"]
    word = (_TCP_TIMERS if is_tcp else _DATAGRAM_TIMERS).get(kind, kind)
    if word.startswith("unknown("):
        word = f"unkn-{word[8:-1]}"
    retransmits = timer["retransmits"] if is_tcp else 0
    return f"{word} ({timer['expires_seconds'] or 0:2.2f}/{retransmits}/{timer['probes']})"


def complain(name: str, bogus: str, *files: str) -> Callable[[Problem | Gap, Style], Complaint | None]:
    """Return the function that turns problems and gaps into netstat's messages.

    ``name`` is the protocol, ``bogus`` the word for a bad line. A gap about one of ``files`` counts as a missing
    protocol, like one about the whole table.
    """

    def make_complaint(trouble: Problem | Gap, style: Style) -> Complaint | None:
        if isinstance(trouble, Problem):
            return Complaint(f"warning, got bogus {bogus} line.")
        is_lacking = trouble.about == "table" or trouble.source in files
        if trouble.reason not in ("not_in_kernel", "permission") or not is_lacking:
            return None
        return unsupported(f"INET ({name})", style, name, ends_run=True)

    return make_complaint


def make_layout(name: str, bogus: str) -> Layout:
    """Return the layout of protocol ``name``: tcp, udp, udplite or raw."""
    shown = select_tcp if name == "tcp" else select_datagrams
    return Layout(block=BLOCK, rows=rows, needs=needs, shown=shown, complain=complain(name, bogus, f"/proc/net/{name}"))
