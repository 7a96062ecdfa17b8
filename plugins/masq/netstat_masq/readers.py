"""The reader of tracked connections, and its sources from the newest to the oldest."""

from __future__ import annotations

from netstat_core.plugin import Feed, File, Reader
from netstat_masq import ctnetlink, ip_masquerade, nf_conntrack
from netstat_masq.layout import LAYOUT
from netstat_masq.record import PROTOCOLS, Connection


def _file_feed(path: str) -> Feed:
    parse = ip_masquerade.parse if path == ip_masquerade.PATH else nf_conntrack.parser(path)
    return Feed("procfs", sources=lambda _query: [File(path)], parse=parse)


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
            Feed("netlink", sources=lambda query: [ctnetlink.request(query)], parse=ctnetlink.parse),
            _file_feed(nf_conntrack.NF_CONNTRACK),
            _file_feed(nf_conntrack.IP_CONNTRACK),
            _file_feed(ip_masquerade.PATH),
        ),
        layouts={"net-tools": LAYOUT},
    ),
)
