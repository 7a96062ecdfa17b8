"""The reader of UNIX sockets."""

from __future__ import annotations

from netstat_core.plugin import Asked, File, NetlinkDump, Reader, feed, from_asked
from netstat_unix import merge, netlink_unix_diag, proc_unix
from netstat_unix.net_tools import LAYOUT
from netstat_unix.record import UnixSocket

_FILE = File(proc_unix.SOURCE, inode_column=6)
_ONLY_IN_DIAG = frozenset({"peer_inode", "uid", "recv_queue", "send_queue", "backlog"})


def _dump_shown_states(asked: Asked) -> NetlinkDump:
    states = 1 << netlink_unix_diag.TCP_LISTEN if asked.show == "listening" else netlink_unix_diag.ALL_STATES
    return netlink_unix_diag.request(asked, states=states)


_DUMP = from_asked(lambda asked: netlink_unix_diag.request(asked, queues=True))

READERS = (
    Reader(
        name="unix",
        table="sockets",
        position=200,
        families=("unix",),
        kind="unix.socket",
        record=UnixSocket,
        feeds=(
            # The file is read first: a row whose socket is not in the later dump was closed meanwhile, or is forged.
            feed("procfs+netlink", _FILE, _DUMP, parse=merge.parse),
            feed("procfs", _FILE, parse=proc_unix.parse, lacks=_ONLY_IN_DIAG),
            feed("netlink", from_asked(_dump_shown_states), parse=netlink_unix_diag.parse, lacks=("ref_count",)),
        ),
        layouts={"net-tools": LAYOUT},
        inode_field="inode",
        listening="listening",
    ),
)
