"""TCP sockets: connections, and with ``-a`` those that listen, connect or are only bound; ``-v`` has two lines of each.

Windows are struct tcp_info's. Linux tells no sequence numbers, nor does SunOS tell them to everybody: Snext is what is
in flight, counted from a Suna of 0. For Rnext and Rack there is nothing to show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Any

from netstat_core.dialects.solaris.forms import Write, count
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.dialects.solaris.transport import OWNERS, WIDTHS, Column, Heading, Transport, format_heading
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Head
from netstat_core.query import RECEIVE_BUFFER, TCP_INFO, WINDOWS

_STATES = {
    "FIN_WAIT1": "FIN_WAIT_1",
    "FIN_WAIT2": "FIN_WAIT_2",
    "SYN_RECV": "SYN_RCVD",
    "BOUND_INACTIVE": "BOUND",
    "CLOSE": "BOUND",
}
"""SunOS's words for states that have another one in records."""

_UNCONNECTED = frozenset({"LISTEN", "BOUND_INACTIVE", "CLOSE"})
"""States without a peer: nothing is sent or received, and the window that would be offered is the buffer."""

_INACTIVE = _UNCONNECTED | {"SYN_SENT", "SYN_RECV"}
_MOST_CACHED = 4096
_NUMBERS = Heading("Swind", 5), Heading("Send-Q", 6), Heading("Rwind", 5), Heading("Recv-Q", 6)
_VERBOSE_NUMBERS = (
    *(Heading("Swind", 5), Heading(" Snext", 8), Heading("  Suna", 8)),
    *(Heading("Rwind", 5), Heading(" Rnext", 8), Heading("  Rack", 8)),
    *(Heading(" Rto", 5), Heading(" Mss", 5)),
)


class TcpSockets(Transport):
    """Sockets of TCP."""

    protocol = "tcp"
    shared = _UNCONNECTED
    order = 2

    @classmethod
    def fields(cls, style: SolarisStyle) -> frozenset[str]:
        """Return the fields of queues and windows."""
        return frozenset({"send_queue", "recv_queue", *cls.extra_fields(style)})

    @classmethod
    def extra_fields(cls, style: SolarisStyle) -> tuple[str, ...]:
        """Return the fields of windows; with -v all that is known of connections."""
        return (RECEIVE_BUFFER, *((TCP_INFO,) if style.verbose else WINDOWS))

    @classmethod
    def is_active(cls, state: str) -> bool:
        """Return whether SunOS numbers a state from ESTABLISHED on."""
        return state not in _INACTIVE

    def __init__(self, style: SolarisStyle, head: Head, memory: dict[str, Any], write: Write) -> None:
        super().__init__(style, head, memory, write)
        self._ends = {family: _Ends(style, family) for family in WIDTHS}

    def make_heading(self, family: str) -> str:
        """Return the heading of the table of an IP version."""
        width = WIDTHS[family]
        last = _choose_last_headings(self.style, family)
        owners = OWNERS if self.style.users else ()
        if self.style.verbose:
            headings = [Heading("Local/Remote Address", width), *_VERBOSE_NUMBERS, *last, *owners]
        else:
            addresses = Heading("   Local Address", width), Heading("   Remote Address", width)
            headings = [*addresses, *owners, *_NUMBERS, *last]
        title = self.style.drop_version("TCP: IPv4") if family == "inet" else "TCP: IPv6"
        return format_heading(title, headings)

    def format_rows(self, batch: Batch, family: str) -> str:
        """Return a row for each socket, or two with -v."""
        pad = repeat(WIDTHS[family])
        local = map(str.ljust, self.format_addresses(batch, "local"), pad)
        remote = map(str.ljust, self.format_addresses(batch, "remote"), pad)
        end = self._ends[family]
        if self.style.verbose:
            lead = [f"{near}\n{far}" for near, far in zip(local, remote, strict=False)]
            return self.join_rows(batch, lead, map(end.format_verbose, *_find_verbose_columns(batch)), owners_last=True)
        return self.join_rows(batch, local, remote, map(end.__getitem__, _find_keys(batch, family)))


def _choose_last_headings(style: SolarisStyle, family: str) -> list[Heading]:
    """Return the headings of the state and, for IPv6, of the interface."""
    if family == "inet6":
        blanks = "" if style.is_illumos else "  " if style.verbose else " "
        return [Heading("  State", 11), Heading(f" If{blanks}", 5)]
    if style.is_illumos:
        return [Heading("   State", 11)]
    if style.verbose:
        return [Heading("State", 11 if style.users else 5)]
    return [Heading(" State", 7)]


def _find_keys(batch: Batch, family: str) -> Iterable[tuple[Any, ...]]:
    """Return for each socket what the columns from Swind on are made of: two windows, two queues, state, interface."""
    sent, received, limits, states = (batch.column(field) for field in (*WINDOWS, "state"))
    if None in received:  # before Linux 6.2 the limit of the window is near to it
        received = [limit if window is None else window for window, limit in zip(received, limits, strict=True)]
    interfaces: Iterable[str | None] = batch.column("interface") if family == "inet6" else repeat(None)
    queues = batch.column("send_queue"), batch.column("recv_queue")
    keys = zip(sent, queues[0], received, queues[1], states, interfaces, strict=False)
    if _UNCONNECTED.isdisjoint(states):
        return keys
    buffers = batch.column(RECEIVE_BUFFER)
    return [
        (0, 0, buffer, 0, *key[4:]) if key[4] in _UNCONNECTED else key
        for key, buffer in zip(keys, buffers, strict=True)
    ]


_VERBOSE_FIELDS = ("state", "interface", "send_queue", RECEIVE_BUFFER, TCP_INFO)


def _find_verbose_columns(batch: Batch) -> Iterator[Column]:
    return map(batch.column, _VERBOSE_FIELDS)


class _Ends(dict["tuple[Any, ...]", str]):
    """Formats the columns from Swind on. Without -v they are cached: in most connections nothing happens."""

    def __init__(self, style: SolarisStyle, family: str) -> None:
        super().__init__()
        self._style = style
        self._is_inet6 = family == "inet6"

    def __missing__(self, key: tuple[int | None, int, int | None, int, str, str | None]) -> str:
        sent, send_queue, received, recv_queue, state, interface = key
        last = self._format_last(state, interface)
        text = f"{count(sent):>5} {send_queue:>6} {count(received):>5} {recv_queue:>6} {last}"
        if len(self) >= _MOST_CACHED:
            self.clear()
        self[key] = text
        return text

    def _format_last(self, state: str, interface: str | None) -> str:
        """Return the state and, for IPv6, the interface."""
        word = _STATES.get(state, state)
        if word.startswith("UNKNOWN("):
            word = f"UnknownState({word[8:]}"
        if self._is_inet6:
            pads = not self._style.is_illumos or (self._style.users and self._style.verbose)
            return f"{word:<11} {interface or '':<{5 if pads else 0}}"
        return f"{word:<11}" if self._style.users and self._style.verbose else word

    def format_verbose(
        self, state: str, interface: str | None, send_queue: int, buffer: int | None, info: Record | None
    ) -> str:
        """Return the columns from Swind on, with -v."""
        known: Record = info or {}
        sent: int | None
        received: int | None
        in_flight: int | None
        if state in _UNCONNECTED:
            sent, received, in_flight = 0, buffer, 0
        else:
            sent, received = known.get("send_window_bytes"), known.get("receive_window_bytes")
            received = known.get("receive_window_limit_bytes") if received is None else received
            in_flight = _find_in_flight(send_queue, known.get("unsent_bytes"))
        rto = known.get("rto_seconds")
        snext = f"{'--':>8}" if in_flight is None else f"{in_flight:08x}"
        timeout = count(None if rto is None else round(rto * 1_000_000) // 1000)
        numbers = f"{count(sent):>5} {snext} {0:08x} {count(received):>5} {'--':>8} {'--':>8} {timeout:>5}"
        return f"{numbers} {count(known.get('send_mss_bytes')):>5} {self._format_last(state, interface)}"


def _find_in_flight(queue: int, unsent: int | None) -> int | None:
    """Return the bytes that were sent and not acknowledged: those of the queue but for the unsent ones."""
    if not queue:
        return 0
    return None if unsent is None else max(queue - unsent, 0)
