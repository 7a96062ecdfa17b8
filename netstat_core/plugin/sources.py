"""What a reader can ask of a system. Sources are data: nothing here opens anything.

The content a parser receives for each source:

=================  ============================================================
File               the file's bytes
Directory          a dict from path to bytes, sorted by path
NetlinkDump        an iterator of datagrams, each valid until the next is taken
=================  ============================================================

An optional source (``required=False``) that is absent gives ``None``.
"""

from __future__ import annotations

from netstat_core.plugin.values import Value, named


class Rows(Value):
    """The rows of a file that are of use: those with one of ``values`` in a column, counted from 0."""

    column: int
    values: tuple[str, ...]


class File(Value):
    """One file, by its absolute path as on the live machine (``/proc/net/tcp``).

    The absence of an optional file is a gap where it is ``noted``, else nothing to speak of. Of a feed's optional
    files with ``either`` one at least must be there, and the absence of another is a gap. The rest is for captures:
    ``keep`` tells which rows are of use to the query, ``inode_column`` and ``uid_column`` where socket inodes and user
    ids stand (-1 is the last column).
    """

    path: str = named(kw_only=False)
    required: bool = True
    noted: bool = False
    keep: Rows | None = None
    inode_column: int | None = None
    uid_column: int | None = None
    either: bool = False

    @property
    def name(self) -> str:
        """How problems and completeness name this source."""
        return self.path


class Directory(Value):
    """All files matching a path pattern, in which ``*`` stands for one component or a part of one.

    ``Directory("/proc/net/dev_snmp6/*")`` or ``Directory("/sys/class/net/*/address")``. A directory that does
    not exist is absent; one without a matching file is an empty dict.
    """

    pattern: str = named(kw_only=False)
    required: bool = True

    @property
    def name(self) -> str:
        """How problems and completeness name this source."""
        return self.pattern


class NetlinkDump(Value):
    """One netlink dump request (NLM_F_REQUEST | NLM_F_DUMP) and what its errors mean.

    ``name`` identifies the request in snapshots (``sock_diag/tcp``); ``protocol`` is the netlink protocol (0 route,
    4 sock_diag, 12 netfilter), ``type`` the message type, ``body`` what follows the 16-byte header, native order.
    ``strict`` asks the kernel to check and honour the filters in the body. A ``restart`` dump is read whole before
    parsing and again when the kernel says it was interrupted; others stream.
    Error numbers in ``empty_on`` mean that there are no rows; any other error before the first row makes the host take
    the next feed.
    ``keep`` tells captures which messages are of use: those with one of some bytes at an offset after the header.
    ``inode_at`` and ``uid_at`` are the offsets of a socket inode and a user id (u32) in each message after its header,
    for captures. ``wider`` are other requests, as name and body, in whose replies the parser finds all it would find
    in this one's: a snapshot that has none of this may have one of those.
    """

    name: str = named(kw_only=False)
    protocol: int
    type: int
    body: bytes
    strict: bool = False
    restart: bool = False
    inode_at: int | None = None
    empty_on: frozenset[int] = frozenset()
    required: bool = True
    uid_at: int | None = None
    wider: tuple[tuple[str, bytes], ...] = ()
    keep: tuple[int, bytes] | None = None


Source = File | Directory | NetlinkDump
