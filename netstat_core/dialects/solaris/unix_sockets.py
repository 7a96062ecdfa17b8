"""UNIX domain sockets, the last section of the sockets form: both ends of each, by the file that it is bound to."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

from netstat_core.dialects.solaris.forms import Form, Write
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.escape import printable
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Head
from netstat_core.report.selection import Demand

_HEADING = """
Active UNIX domain sockets
Address  Type          Vnode     Conn  Local Addr      Remote Addr
"""
_TYPES = {"stream": "stream-ord", "dgram": "dgram", "seqpacket": "seqpacket"}
_FIELDS = frozenset({"inode", "type", "state", "path", "abstract", "vnode", "peer_inode", "has_peer"})
_PAIR = " (socketpair)  "
_NO_NAME = " " * 15


class End(NamedTuple):
    """What a row shows of one end of a connection: the inode of the file it is bound to, and its name."""

    vnode: str
    name: str

    @property
    def text(self) -> str:
        """The name as a column: a blank behind it, and 15 blanks for none."""
        return f"{self.name} " if self.name else _NO_NAME


_NONE = End("00000000", "")
_UNKNOWN = End(f"{'--':>8}", "--")


class UnixSockets(Form):
    """All UNIX sockets, in the order of the kernel.

    A row has the peer's vnode and path, which may stand behind it in the dump. It waits for its peer as a few texts,
    and all rows behind it wait too, since they keep their order.
    """

    order = 4

    @classmethod
    def is_selected(cls, style: SolarisStyle) -> bool:
        """Return whether sockets are shown, UNIX sockets among them; whatever -P says."""
        return not style.forms and "unix" in style.families

    @classmethod
    def tables(cls, style: SolarisStyle) -> Sequence[str]:  # noqa: ARG003
        """Return the table of sockets."""
        return ("sockets",)

    @classmethod
    def demand(cls, style: SolarisStyle, reader: Reader) -> Demand | None:  # noqa: ARG003
        """Return the fields of a row."""
        return Demand(_FIELDS, order=cls.order) if reader.kind == "unix.socket" else None

    def __init__(self, style: SolarisStyle, head: Head, memory: dict[str, Any], write: Write) -> None:
        super().__init__(style, head, memory, write)
        self._is_empty = True
        self._unnamed: set[int] = set()
        self._named: dict[int, End] = {}
        self._waiting: deque[tuple[str, End, End | int]] = deque()

    def batch(self, reader: Reader, batch: Batch) -> None:  # noqa: ARG002
        """Format the rows; write those that wait for no peer."""
        if batch and self._is_empty:
            self.write(_HEADING)
            self._is_empty = False
        for record in batch:
            self._add(record)
        self._write_rows()

    def _add(self, record: Record) -> None:
        """Queue the row of a socket, and remember it for those that are connected to it."""
        inode = record["inode"]
        own = _describe(record)
        if inode is not None and record["has_peer"] is not None:
            if own is _NONE:
                self._unnamed.add(inode)
            else:
                self._named[inode] = own
        address = "--" if inode is None else f"{inode:x}"
        start = f"{address} {_TYPES.get(record['type'], ''):<10.10} {own.vnode}"
        self._waiting.append((start, own, _find_peer(record)))

    def _write_rows(self, *, is_over: bool = False) -> None:
        """Write the rows at the head of the queue whose peers are known; once the dump is over, all rows."""
        rows: list[str] = []
        while self._waiting:
            start, own, peer = self._waiting[0]
            other = peer if isinstance(peer, End) else self._look_up(peer)
            if other is None and not is_over:
                break
            self._waiting.popleft()
            is_pair = isinstance(peer, int) and own is other is _NONE
            end = other or _UNKNOWN
            rows.append(f"{start} {end.vnode} {own.text}{_PAIR if is_pair else end.text}\n")
        if rows:
            self.write("".join(rows))

    def _look_up(self, inode: int) -> End | None:
        """Return the end of a socket that was seen; None for any other, such as one of another network namespace."""
        return _NONE if inode in self._unnamed else self._named.get(inode)

    def end(self) -> None:
        """Write the rows whose peers the dump did not have."""
        self._write_rows(is_over=True)


def _describe(record: Record) -> End:
    """Return a socket's own end; an abstract name has no file, and the inode of a file may be unknown."""
    name, vnode = record["path"], record["vnode"]
    if name is None:
        return _NONE
    if record["abstract"]:
        return End(_NONE.vnode, printable("@" + name.replace("\0", "@")))
    return End(_UNKNOWN.vnode if vnode is None else f"{vnode:08x}", printable(name))


def _find_peer(record: Record) -> End | int:
    """Return the inode of the peer; without it whether there is none or an unknown one.

    A connection that was not accepted yet has no inode, and is not connected in the sense of SunOS.
    """
    if record["peer_inode"] is not None:
        return int(record["peer_inode"])
    is_connected = record["state"] == "CONNECTED" if record["has_peer"] is None else record["has_peer"]
    return _UNKNOWN if is_connected and record["inode"] is not None else _NONE
