"""Merge /proc/net/unix, which has the rows, with unix_diag, which has exact names.

Any user can bind a socket to a name that contains line breaks and looks like rows of /proc/net/unix. The file is
therefore not split into lines: a row starts where the name of the previous row ends, and unix_diag has its length.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from netstat_core.plugin import About, Datagrams, Gap, Problem, Record, TextFile
from netstat_unix import netlink_unix_diag
from netstat_unix.netlink_unix_diag import TCP_LISTEN, Socket
from netstat_unix.proc_unix import HEADER, LONGEST_NAME, ROW, SOURCE, Kinds
from netstat_unix.record import SS_CONNECTING, Kind, to_kind, to_record

_DROPPED = "rows without a matching socket in unix_diag were dropped"


def parse(about: About, content: bytes, datagrams: Datagrams) -> Iterator[Record | Problem | Gap]:
    """Yield the rows that match a socket of the dump, which is made after the file is read; then sockets without a row.

    A row with an inode needs a socket with that inode. A row without one is a connection that waits for accept(): it
    needs a listener with its name and a place in that queue. Other rows are dropped and counted in a gap. A socket
    without a row was created after the file was read, or the kernel skipped it because its table changed meanwhile.
    """
    known: dict[int, Socket] = {}
    for socket in netlink_unix_diag.parse_sockets(about, datagrams):
        if isinstance(socket, Problem):
            yield socket
        elif socket.inode:
            known[socket.inode] = socket
    claims = _Claims(known)
    doubtful_rows = []
    text = TextFile(SOURCE, content, HEADER)
    for row in _RowFinder(text, content, known).find():
        if isinstance(row, Problem):
            yield row
        elif row.is_doubtful:
            doubtful_rows.append(row)
        elif (record := claims.settle(row)) is not None:
            yield record
    yield from filter(None, map(claims.settle, _clear_disputed_counts(doubtful_rows)))
    yield from claims.list_rowless()
    if claims.dropped:
        yield Gap("raced", SOURCE, _DROPPED, count=claims.dropped)
    yield from text.gaps


class _Row(NamedTuple):
    """Text of the file that has the form of a row.

    ``tail`` is what follows the inode, empty if no socket of the dump has this name. A doubtful row may be part of the
    name of another one.
    """

    kind: Kind
    ref_count: int | None
    inode: int
    tail: bytes
    is_doubtful: bool


def _clear_disputed_counts(rows: Sequence[_Row]) -> Iterator[_Row]:
    """Yield the rows; clear the reference count of rows of one socket that differ in it, as one may be forged."""
    counts = defaultdict(set)
    for row in rows:
        counts[row.inode or row.tail].add(row.ref_count)
    for row in rows:
        yield row if len(counts[row.inode or row.tail]) == 1 else row._replace(ref_count=None)


class _RowFinder:
    """Finds the rows of a file.

    A name that no socket of the dump has belongs to a socket that was closed. Its end is unknown, but lies within the
    size of sun_path. In that range a line of the form of a row is doubtful; any other line is part of the name.
    """

    def __init__(self, text: TextFile, content: bytes, known: Mapping[int, Socket]) -> None:
        ended = content if content.endswith(b"\n") else content + b"\n"
        self._text = text
        self._content = ended.replace(b"\0", b"@")  # Linux 2.6.32 and older print only the first NUL of a name as "@"
        self._known = known
        self._listening = {socket.tail for socket in known.values() if socket.state == TCP_LISTEN}
        self._tail_lengths = _measure_tails(self._listening)
        self._kinds = Kinds()
        self._doubt_ends = 0

    def find(self) -> Iterator[_Row | Problem]:
        """Yield all rows below the header; a problem for each line that is neither a row nor part of a name."""
        content = self._content
        start = self._text.start
        line = 1 if self._text.header is None else 2
        while start < len(content):
            end = content.find(b"\n", start) + 1
            match = ROW.match(content, start)
            if match is not None:
                row, end = self._parse_row(match, end)
                yield row
            elif start >= self._doubt_ends:
                yield self._text.problem("no row starts here", content[start : end - 1], line)
            line += content.count(b"\n", start, end)
            start = end

    def _parse_row(self, match: re.Match[bytes], line_end: int) -> tuple[_Row, int]:
        """Return the row at ``match`` and the offset of its end."""
        count, columns, digits = match.groups()
        inode = int(digits or 0)
        start = match.end()
        tail = self._find_tail(inode, start, line_end)
        row = _Row(self._kinds[columns], int(count, 16), inode, tail, match.start() < self._doubt_ends)
        if not tail:
            self._doubt_ends = max(self._doubt_ends, start + 1 + LONGEST_NAME)
        return row, start + len(tail) if tail else line_end

    def _find_tail(self, inode: int, start: int, line_end: int) -> bytes:
        """Return what follows the inode, up to the end of the row; empty if no socket has that name.

        A row with an inode has the name of that socket, a row without one the name of a listener.
        """
        rest = self._content[start:line_end]
        if rest == b"\n":
            return rest
        if inode:
            tail = self._known[inode].tail if inode in self._known else b""
            return tail if self._content.startswith(tail, start) else b""
        possible = (self._content[start : start + length] for length in self._tail_lengths.get(rest, ()))
        return next((tail for tail in possible if tail in self._listening), b"")


def _measure_tails(tails: set[bytes]) -> Mapping[bytes, Sequence[int]]:
    """Return the lengths of tails by their first line, the longest first."""
    lengths_by_line = defaultdict(set)
    for tail in tails:
        lengths_by_line[tail[: tail.find(b"\n") + 1]].add(len(tail))
    return {line: sorted(lengths, reverse=True) for line, lengths in lengths_by_line.items()}


class _Claims:
    """Assigns rows to sockets.

    A socket takes one row with its inode; a listener as many rows without an inode as connections wait in its queue.
    """

    def __init__(self, known: Mapping[int, Socket]) -> None:
        self._known = known
        self._rowless = set(known)
        self._waiting: dict[bytes, list[tuple[Socket, int]]] = defaultdict(list)
        for socket in known.values():
            if socket.state == TCP_LISTEN and socket.queues is not None and socket.queues[0]:
                self._waiting[socket.tail].append((socket, socket.queues[0]))
        self._kinds = netlink_unix_diag.Kinds()
        self.dropped = 0

    def settle(self, row: _Row) -> Record | None:
        """Return the record of a row; None, counted in ``dropped``, if no socket can take the row."""
        owner = self._find_owner_by_inode(row) if row.inode else self._find_owner_by_name(row)
        if owner is None:
            self.dropped += 1
            return None
        if row.inode:
            return owner.describe(row.kind, row.ref_count)
        return to_record(row.kind, row.ref_count, 0, netlink_unix_diag.to_name(owner.name))

    def _find_owner_by_inode(self, row: _Row) -> Socket | None:
        if row.inode not in self._rowless:
            return None
        owner = self._known[row.inode]
        if row.is_doubtful and row.kind != self._kinds[owner.type, owner.state]:
            return None
        self._rowless.remove(row.inode)
        return owner

    def _find_owner_by_name(self, row: _Row) -> Socket | None:
        listeners = self._waiting.get(row.tail)
        if not listeners:
            return None
        owner, room = listeners.pop()
        fits = not row.is_doubtful or row.kind == to_kind(0, 0, owner.type, SS_CONNECTING)
        if not fits or room > 1:
            listeners.append((owner, room - fits))
        return owner if fits else None

    def list_rowless(self) -> Iterator[Record]:
        """Yield records of the sockets that took no row; their reference count is unknown."""
        for inode, socket in self._known.items():
            if inode in self._rowless:
                yield socket.describe(self._kinds[socket.type, socket.state], None)
