"""The reader of UNIX sockets."""

from __future__ import annotations

from netstat_core.plugin import Feed, File, Query, Reader, Source
from netstat_unix import diag, merge, procfs
from netstat_unix.layout import LAYOUT
from netstat_unix.record import UnixSocket

_FILE = File(procfs.SOURCE, inode_column=6)
_ONLY_IN_DIAG = frozenset({"peer_inode", "uid", "recv_queue", "send_queue", "backlog"})


def _both(query: Query) -> list[Source | None]:
    """The file first: what the dump that follows does not know was closed meanwhile, or was never there."""
    return [_FILE, diag.request(query, queues=True)]


def _file(_query: Query) -> list[Source | None]:
    return [_FILE]


def _dump(query: Query) -> list[Source | None]:
    states = 1 << diag.LISTEN if query.show == "listening" else diag.ALL_STATES
    return [diag.request(query, states=states)]


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
            Feed("procfs", sources=_file, parse=procfs.parse, lacks=_ONLY_IN_DIAG),
            Feed("netlink", sources=_dump, parse=diag.parse, lacks=frozenset({"ref_count"})),
        ),
        layouts={"net-tools": LAYOUT},
        inode_field="inode",
        listening="listening",
    ),
)
