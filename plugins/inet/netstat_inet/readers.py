"""The readers of Internet sockets, in the order netstat shows them."""

from __future__ import annotations

from collections.abc import Callable

from netstat_core.plugin import LINKS, Feed, File, Layout, Query, Reader, Rows, Source
from netstat_inet import netlink_inet_diag, proc_tcp, sctp
from netstat_inet.net_tools import layout
from netstat_inet.record import InetSocket

_PROCFS_LACKS = frozenset({"backlog", "v6_only", "interface"})

_LISTENING = Rows(column=3, values=("0A",))


def _files(protocol: str) -> Callable[[Query], list[Source | None]]:
    """The protocol's two files; only the absence of the IPv4 one is an absence of the protocol."""

    def sources(query: Query) -> list[Source | None]:
        inet, inet6 = query.serves_family("inet"), query.serves_family("inet6")
        kept = _LISTENING if query.show == "listening" and protocol == "tcp" else None

        def file(name: str, *, required: bool, noted: bool = False) -> File:
            return File(f"/proc/net/{name}", required=required, noted=noted, keep=kept, inode_column=9, uid_column=7)

        return [
            file(protocol, required=not inet6, noted=True) if inet else None,
            file(f"{protocol}6", required=False) if inet6 else None,
        ]

    return sources


def _dumps(protocol: str) -> Callable[[Query], list[Source | None]]:
    """The protocol's two dumps, and the links where the output names interfaces."""

    def sources(query: Query) -> list[Source | None]:
        families = [
            netlink_inet_diag.request(protocol, one, query) if query.serves_family(one) else None
            for one in netlink_inet_diag.FAMILIES
        ]
        return [*families, LINKS if query.wants("interface") else None]

    return sources


def _procfs(protocol: str) -> Feed:
    lacks = _PROCFS_LACKS | {"drops"} if protocol == "tcp" else _PROCFS_LACKS
    return Feed("procfs", sources=_files(protocol), parse=proc_tcp.parser(protocol), lacks=lacks)


def _netlink(protocol: str) -> Feed:
    return Feed("netlink", sources=_dumps(protocol), parse=netlink_inet_diag.parser(protocol))


def _reader(name: str, position: int, feeds: tuple[Feed, ...], look: Layout | None) -> Reader:
    return Reader(
        name=name,
        table="sockets",
        position=position,
        families=("inet", "inet6"),
        protocols=(name,),
        kind="inet.socket",
        record=InetSocket,
        feeds=feeds,
        layouts={} if look is None else {"net-tools": look},
        inode_field="inode",
        listening="listening",
    )


READERS = (
    _reader("tcp", 100, (_netlink("tcp"), _procfs("tcp")), layout("tcp", "tcp")),
    _reader("sctp", 110, sctp.FEEDS, sctp.LAYOUT),
    _reader("udp", 120, (_netlink("udp"), _procfs("udp")), layout("udp", "udp")),
    _reader("udplite", 130, (_netlink("udplite"), _procfs("udplite")), layout("udplite", "udp")),
    _reader("raw", 140, (_procfs("raw"), _netlink("raw")), layout("raw", "raw")),
    _reader("icmp", 150, (_procfs("icmp"),), None),
)
