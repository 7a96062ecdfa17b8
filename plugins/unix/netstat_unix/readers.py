"""The reader of UNIX sockets."""

from __future__ import annotations

from collections.abc import Iterator

from netstat_core.plugin import Asked, Feed, File, NetlinkDump, Reader, feed, from_asked
from netstat_unix import merge, netlink_unix_diag, proc_unix
from netstat_unix.net_tools import LAYOUT
from netstat_unix.record import UnixSocket

_FILE = File(proc_unix.SOURCE, inode_column=6)
_ONLY_IN_DIAG = frozenset({"peer_inode", "uid", "recv_queue", "send_queue", "backlog", "has_peer"})


def _make_feeds(*, vnodes: bool) -> Iterator[Feed]:
    """Yield the feeds with a dump; with the inodes of files if the output uses them."""

    def dump_all(asked: Asked) -> NetlinkDump:
        return netlink_unix_diag.request(asked, queues=True, vnodes=vnodes)

    def dump_shown(asked: Asked) -> NetlinkDump:
        states = 1 << netlink_unix_diag.TCP_LISTEN if asked.show == "listening" else netlink_unix_diag.ALL_STATES
        return netlink_unix_diag.request(asked, vnodes=vnodes, states=states)

    serves = (lambda asked: asked.wants("vnode")) if vnodes else None
    lacks = () if vnodes else ("vnode",)
    # The file is read first: a row whose socket is not in the later dump was closed meanwhile, or is forged.
    yield feed("procfs+netlink", _FILE, from_asked(dump_all), parse=merge.parse, lacks=lacks, serves=serves)
    lacks = (*lacks, "ref_count")
    yield feed("netlink", from_asked(dump_shown), parse=netlink_unix_diag.parse, lacks=lacks, serves=serves)


_PROCFS = feed("procfs", _FILE, parse=proc_unix.parse, lacks={*_ONLY_IN_DIAG, "vnode"})
_MERGED, _NETLINK = zip(_make_feeds(vnodes=True), _make_feeds(vnodes=False), strict=True)
"""With and without inodes of files: a capture may hold the dump without them, which older versions asked for."""

READERS = (
    Reader(
        name="unix",
        table="sockets",
        position=200,
        families=("unix",),
        kind="unix.socket",
        record=UnixSocket,
        feeds=(*_MERGED, _PROCFS, *_NETLINK),
        layouts={"net-tools": LAYOUT},
        inode_field="inode",
        listening="listening",
    ),
)
