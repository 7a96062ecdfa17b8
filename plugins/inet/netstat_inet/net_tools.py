"""The net-tools layout of Internet sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, compress, repeat
from operator import add, not_
from typing import Any

from netstat_core.plugin import (
    Batch,
    Block,
    Complaint,
    FormatRows,
    Gap,
    Layout,
    Names,
    Problem,
    Query,
    Record,
    Style,
    owner_column,
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

_WIDTH = 23
"""Columns of an address with its port."""

_MOST_CACHED = 4096

Column = Sequence[Any]

Tail = Callable[[Batch], Iterable[str]]
"""Formats the columns after State, for each record of a batch."""


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


def rows(style: Style, names: Names, _traits: Mapping[str, Any]) -> FormatRows:
    """Return the function that formats a batch of records of one protocol, SCTP excepted.

    The text is put together from columns, each made for all records at once.
    """
    tail = make_tail(style, names)
    starts = _Starts()

    def format_batch(batch: Batch) -> str:
        protocol = batch.column("protocol")[0]
        is_raw = protocol == "raw"
        names.expect_hosts(_list_hosts(batch))
        local = (batch.column("local_address"), batch.column("ip_protocol" if is_raw else "local_port"))
        remote = (batch.column("remote_address"), batch.column("remote_port"))
        families, states = batch.column("family"), batch.column("state_number" if is_raw else "state")
        queues = (batch.column("recv_queue"), batch.column("send_queue"))
        columns: list[Iterable[str]] = [
            map(starts.__getitem__, zip(repeat(protocol), families, *queues, strict=False)),
            _make_cells(style, names, protocol, families, *local),
            repeat(" "),
            _make_cells(style, names, protocol, families, *remote),
            repeat(" "),
            map(_STATES.get(protocol, _DATAGRAM_STATES).__getitem__, states),
        ]
        if tail is not None:
            columns.append(tail(batch))
        return "".join(chain.from_iterable(zip(*columns, repeat("\n"), strict=False)))

    return format_batch


class _Starts(dict["tuple[str, str, int, int]", str]):
    """Cache of the columns Proto, Recv-Q and Send-Q by protocol, family and the two queues, most of which are 0."""

    def __missing__(self, key: tuple[str, str, int, int]) -> str:
        protocol, family, recv_queue, send_queue = key
        short = _SHORT[protocol] + ("6" if family == "inet6" else "")
        text = f"{short:<6}{str(recv_queue).rjust(6)} {str(send_queue).rjust(6)} "
        if len(self) >= _MOST_CACHED:
            self.clear()
        self[key] = text
        return text


def _list_hosts(batch: Batch) -> Iterable[str]:
    """Yield the addresses whose names are looked up; netstat does not look up IPv4-mapped ones."""
    for name in ("local_address", "remote_address"):
        yield from compress(batch.column(name), map(not_, batch.column("v4_mapped")))


def _make_cells(  # noqa: PLR0913, PLR0917 - the columns that cells are made from
    style: Style, names: Names, protocol: str, families: Column, addresses: Column, ports: Column
) -> Iterable[str]:
    """Return ``ADDRESS:PORT`` of each record, padded.

    Without -W the text is cut to 23 columns: the end of the address first, the port only if longer than 18.
    """
    hosts = addresses
    if names.resolves_hosts or names.resolves_ports:
        hosts = [
            # netstat never looks up an IPv4-mapped address
            address if family == "inet6" and ":" not in address else names.host(address)
            for family, address in zip(families, addresses, strict=True)
        ]
        database = "udp" if protocol == "udplite" else protocol
        endings = [f":{names.port(port, database)}" for port in ports]
    else:
        endings = [*map(_PORTS.__getitem__, ports)]
    cells = [*map(add, hosts, endings)]
    if not style.wide and max(map(len, cells)) > _WIDTH:
        cells = [
            cell if len(cell) <= _WIDTH else _cut_to_width(host, ending[1:])
            for cell, host, ending in zip(cells, hosts, endings, strict=True)
        ]
    return map(str.ljust, cells, repeat(_WIDTH))


def _cut_to_width(host: str, port: str) -> str:
    port = port[:_LONGEST_PORT]
    return f"{host[: _WITHOUT_COLON - len(port)]}:{port}"


class _Ports(dict["int | None", str]):
    """Cache of a port's text after the address; ``*`` stands for 0 and for none."""

    def __missing__(self, port: int | None) -> str:
        text = self[port] = f":{port or '*'}"
        return text


_PORTS = _Ports()


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
        users = _Users(names)
        parts.append(
            lambda batch: [
                f" {users[uid]} {inode or 0:<10}"
                for uid, inode in zip(batch.column("uid"), batch.column("inode"), strict=True)
            ]
        )
    if style.shows_owners:
        parts.append(lambda batch: owner_column(style, batch))
    if style.timers:
        parts.append(_format_timers)
    if not parts:
        return None
    return (
        parts[0] if len(parts) == 1 else lambda batch: map("".join, zip(*(part(batch) for part in parts), strict=True))
    )


class _Users(dict["int | None", str]):
    """Cache of the User column by uid."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, uid: int | None) -> str:
        text = self[uid] = f"{self._names.user(uid or 0):<10}"
        return text


def _format_timers(batch: Batch) -> list[str]:
    is_tcp = batch.column("protocol")[0] == "tcp"
    timers = batch.column("timer")
    distinct = {id(timer): timer for timer in timers}  # records share timers
    texts = {key: " " + format_timer(timer, is_tcp=is_tcp) for key, timer in distinct.items()}
    return [*map(texts.__getitem__, map(id, timers))]


def format_timer(timer: Record | None, *, is_tcp: bool) -> str:
    """Format the Timer column: ``kind (seconds/retransmits/probes)``; empty without a timer, as for SCTP."""
    if timer is None:
        return ""
    kind: str = timer["kind"]
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
