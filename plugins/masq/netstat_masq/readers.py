"""The reader of tracked connections, with its sources from the newest to the oldest."""

from __future__ import annotations

from netstat_core.plugin import Feed, File, Reader, feed, from_asked
from netstat_masq import netlink_conntrack, proc_ip_masquerade, proc_nf_conntrack
from netstat_masq.net_tools import LAYOUT
from netstat_masq.record import PROTOCOLS, Connection


def _make_file_feed(path: str) -> Feed:
    parse = proc_ip_masquerade.parse if path == proc_ip_masquerade.PATH else proc_nf_conntrack.make_parser(path)
    return feed("procfs", File(path), parse=parse)


READERS = (
    Reader(
        name="masquerade",
        table="masquerade",
        position=3000,
        families=("inet", "inet6"),
        protocols=tuple(PROTOCOLS.values()),
        kind="masquerade",
        record=Connection,
        feeds=(
            feed("netlink", from_asked(netlink_conntrack.make_request), parse=netlink_conntrack.parse),
            _make_file_feed(proc_nf_conntrack.NF_CONNTRACK),
            _make_file_feed(proc_nf_conntrack.IP_CONNTRACK),
            _make_file_feed(proc_ip_masquerade.PATH),
        ),
        layouts={"net-tools": LAYOUT},
    ),
)
