"""The reader of UNIX sockets."""

from __future__ import annotations

from netstat_core.plugin import Feed, File, Query, Reader, Source
from netstat_unix import merge, netlink_unix_diag, proc_unix
from netstat_unix.net_tools import LAYOUT
from netstat_unix.record import UnixSocket

_FILE = File(proc_unix.SOURCE, inode_column=6)
_ONLY_IN_DIAG = frozenset({"peer_inode", "uid", "recv_queue", "send_queue", "backlog"})


def _both(query: Query) -> list[Source | None]:
    """The file first: what the dump that follows does not know was closed meanwhile, or was never there."""
    return [_FILE, netlink_unix_diag.request(query, queues=True)]


def _file(_query: Query) -> list[Source | None]:
    return [_FILE]


def _dump(query: Query) -> list[Source | None]:
    states = 1 << netlink_unix_diag.LISTEN if query.show == "listening" else netlink_unix_diag.ALL_STATES
    return [netlink_unix_diag.request(query, states=states)]


READERS = (
    Reader(
        name="unix",
        table="sockets",
        position=200,
        families=("unix",),
        kind="unix.socket",
        record=UnixSocket,
        feeds=(
            Feed("procfs+netlink", sources=_both, parse=merge.parse),
            Feed("procfs", sources=_file, parse=proc_unix.parse, lacks=_ONLY_IN_DIAG),
            Feed("netlink", sources=_dump, parse=netlink_unix_diag.parse, lacks=frozenset({"ref_count"})),
        ),
        layouts={"net-tools": LAYOUT},
        inode_field="inode",
        listening="listening",
    ),
)
