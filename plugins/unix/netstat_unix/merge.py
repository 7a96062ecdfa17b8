"""procfs for the rows, unix_diag for the truth about their names.

Any user can bind a socket to a name with line breaks that reads like rows of /proc/net/unix. The file is therefore
not split into lines: a row starts where the name of the row before ends, and how long that is, unix_diag says.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from netstat_core.plugin import About, Datagrams, Gap, Problem, Record
from netstat_unix import netlink_unix_diag
from netstat_unix.netlink_unix_diag import TCP_LISTEN, Socket
from netstat_unix.proc_unix import LONGEST_NAME, ROW, SOURCE, Kinds
from netstat_unix.record import SS_CONNECTING, Kind, kind_of, to_record

_DROPPED = "rows were dropped that no socket of unix_diag accounts for"


def parse(about: About, content: bytes, datagrams: Datagrams) -> Iterator[Record | Problem | Gap]:
    """The rows of the file that sockets of the dump, which is made after it, account for; then sockets without a row.

    A row with an inode needs a socket with that inode. One without is a connection that waits for accept: it needs
    the name of a listener and room in its queue. Rows that are dropped are counted. A socket without a row was made
    after the file was read, or the kernel skipped it because its table changed between two reads of the file.
    """
    known: dict[int, Socket] = {}
    for one in netlink_unix_diag.sockets(about, datagrams):
        if isinstance(one, Problem):
            yield one
        elif one.inode:
            known[one.inode] = one
    claims = _Claims(known)
    doubtful = []
    for row in _Rows(content, known).read():
        if isinstance(row, Problem):
            yield row
        elif row.is_doubtful:
            doubtful.append(row)
        elif (record := claims.settle(row)) is not None:
            yield record
    yield from filter(None, map(claims.settle, _undisputed(doubtful)))
    yield from claims.rowless()
    if claims.dropped:
        yield Gap("raced", SOURCE, _DROPPED, count=claims.dropped)


class _Row(NamedTuple):
    """What looks like a row. A doubtful one may be part of a name. ``tail`` is empty for a name that nobody has."""

    kind: Kind
    ref_count: int | None
    inode: int
    tail: bytes
    is_doubtful: bool


def _undisputed(rows: Sequence[_Row]) -> Iterator[_Row]:
    """The rows, without a reference count where those that may be one another's forgery do not agree on it."""
    counts = defaultdict(set)
    for row in rows:
        counts[row.inode or row.tail].add(row.ref_count)
    for row in rows:
        yield row if len(counts[row.inode or row.tail]) == 1 else row._replace(ref_count=None)


class _Rows:
    """Finds the rows of a file.

    A name that no socket of the dump has is that of a socket which is gone. Where it ends is unknown, but that is
    within the size of sun_path: what starts there and looks like a row is doubtful, and what does not is of the name.
    """

    def __init__(self, content: bytes, known: Mapping[int, Socket]) -> None:
        ended = content if content.endswith(b"\n") else content + b"\n"
        self._content = ended.replace(b"\0", b"@")  # old kernels write all NULs of a name but the first as they are
        self._known = known
        self._listening = {one.tail for one in known.values() if one.state == TCP_LISTEN}
        self._lengths = _lengths(self._listening)
        self._kinds = Kinds()
        self._doubt_ends = 0

    def read(self) -> Iterator[_Row | Problem]:
        """All rows below the header."""
        content = self._content
        start = content.find(b"\n") + 1
        line = 2
        while start < len(content):
            end = content.find(b"\n", start) + 1
            found = ROW.match(content, start)
            if found is not None:
                row, end = self._row(found, end)
                yield row
            elif start >= self._doubt_ends:
                yield Problem(SOURCE, "no row starts here", content[start : end - 1], line)
            line += content.count(b"\n", start, end)
            start = end

    def _row(self, found: re.Match[bytes], line_end: int) -> tuple[_Row, int]:
        """A row and where it ends."""
        count, columns, digits = found.groups()
        inode = int(digits or 0)
        start = found.end()
        tail = self._tail(inode, start, line_end)
        row = _Row(self._kinds[columns], int(count, 16), inode, tail, found.start() < self._doubt_ends)
        if not tail:
            self._doubt_ends = max(self._doubt_ends, start + 1 + LONGEST_NAME)
        return row, start + len(tail) if tail else line_end

    def _tail(self, inode: int, start: int, line_end: int) -> bytes:
        """How the row ends, from behind its inode: as that of a socket it can belong to, or without a name."""
        rest = self._content[start:line_end]
        if rest == b"\n":
            return rest
        if inode:
            tail = self._known[inode].tail if inode in self._known else b""
            return tail if self._content.startswith(tail, start) else b""
        possible = (self._content[start : start + length] for length in self._lengths.get(rest, ()))
        return next((tail for tail in possible if tail in self._listening), b"")


def _lengths(tails: set[bytes]) -> Mapping[bytes, Sequence[int]]:
    """How long tails are that start with the same line, the longest first."""
    found = defaultdict(set)
    for tail in tails:
        found[tail[: tail.find(b"\n") + 1]].add(len(tail))
    return {line: sorted(lengths, reverse=True) for line, lengths in found.items()}


class _Claims:
    """What sockets can account for: each one row with its inode, and a listener as many without as it has waiting."""

    def __init__(self, known: Mapping[int, Socket]) -> None:
        self._known = known
        self._rowless = set(known)
        self._waiting: dict[bytes, list[tuple[Socket, int]]] = defaultdict(list)
        for one in known.values():
            if one.state == TCP_LISTEN and one.queues is not None and one.queues[0]:
                self._waiting[one.tail].append((one, one.queues[0]))
        self._kinds = netlink_unix_diag.Kinds()
        self.dropped = 0

    def settle(self, row: _Row) -> Record | None:
        """The record of a row that a socket accounts for."""
        owner = self._owner_by_inode(row) if row.inode else self._owner_by_name(row)
        if owner is None:
            self.dropped += 1
            return None
        if row.inode:
            return owner.describe(row.kind, row.ref_count)
        return to_record(row.kind, row.ref_count, 0, netlink_unix_diag.name_of(owner.name))

    def _owner_by_inode(self, row: _Row) -> Socket | None:
        if row.inode not in self._rowless:
            return None
        owner = self._known[row.inode]
        if row.is_doubtful and row.kind != self._kinds[owner.type, owner.state]:
            return None
        self._rowless.remove(row.inode)
        return owner

    def _owner_by_name(self, row: _Row) -> Socket | None:
        listeners = self._waiting.get(row.tail)
        if not listeners:
            return None
        owner, room = listeners.pop()
        fits = not row.is_doubtful or row.kind == kind_of(0, 0, owner.type, SS_CONNECTING)
        if not fits or room > 1:
            listeners.append((owner, room - fits))
        return owner if fits else None

    def rowless(self) -> Iterator[Record]:
        """The sockets that no row was settled for; how many references there are to them is not known."""
        for inode, one in self._known.items():
            if inode in self._rowless:
                yield one.describe(self._kinds[one.type, one.state], None)
