"""The readers of Internet sockets, in the order netstat shows them."""

from __future__ import annotations

from netstat_core.plugin import LINKS, Asked, Datagrams, Feed, File, Input, Layout, Reader, Rows, feed, from_asked
from netstat_inet import in_use, net_tools_sctp, netlink_inet_diag, netlink_sctp_diag, proc_sctp, proc_tcp
from netstat_inet.net_tools import make_layout
from netstat_inet.record import InetSocket
from netstat_inet.tcp_info_record import TCP_INFO

_PROCFS_LACKS = frozenset({"backlog", "v6_only", "interface"})

_LISTENING = Rows(column=3, values=("0A",))


_DEVICES = LINKS.optional.when(lambda asked: asked.wants("interface"))


def _make_file(protocol: str, family: str) -> Input[bytes | None]:
    """Return the file of a protocol and family; the protocol is missing only if the IPv4 file is."""
    path = f"/proc/net/{protocol}" if family == "inet" else f"/proc/net/{protocol}6"

    def choose_file(asked: Asked) -> Input[bytes | None]:
        is_listening = asked.show == "listening" and protocol == "tcp"
        file = File(path, keep=_LISTENING if is_listening else None, inode_column=9, uid_column=7)
        if family == "inet6":
            return file.optional
        return file.noted if asked.serves_family("inet6") else file

    return from_asked(choose_file).when(lambda asked: asked.serves_family(family))


def _make_dump(protocol: str, family: str, *, extra: bool = False) -> Input[Datagrams | None]:
    """Return the dump of a protocol and family, with what is read only on request if ``extra``.

    That of TCP is not requested if it is known to be empty.
    """

    def choose_dump(asked: Asked) -> Input[Datagrams]:
        return netlink_inet_diag.request(protocol, family, asked if extra else asked._replace(extra_fields=()))

    signs = in_use.NO_TCP[family] if protocol == "tcp" else ()
    return from_asked(choose_dump).empty_if(*signs).when(lambda asked: asked.serves_family(family))


def _make_procfs_feed(protocol: str) -> Feed:
    lacks = _PROCFS_LACKS | {"drops", TCP_INFO} if protocol == "tcp" else _PROCFS_LACKS
    files = _make_file(protocol, "inet"), _make_file(protocol, "inet6")
    return feed("procfs", *files, parse=proc_tcp.make_parser(protocol), lacks=lacks)


def _make_netlink_feed(protocol: str) -> Feed:
    """Return the feed of a protocol's dumps; links are dumped too if ``interface`` is asked for."""
    inet, inet6 = _make_dump(protocol, "inet"), _make_dump(protocol, "inet6")
    lacks = (TCP_INFO,) if protocol == "tcp" else ()
    return feed("netlink", inet, inet6, _DEVICES, parse=netlink_inet_diag.make_parser(protocol), lacks=lacks)


_TCP_INFO_FEED = feed(
    "netlink",
    _make_dump("tcp", "inet", extra=True),
    _make_dump("tcp", "inet6", extra=True),
    _DEVICES,
    parse=netlink_inet_diag.make_parser("tcp"),
    serves=lambda asked: asked.wants_extra(TCP_INFO),
)
"""The dump with all that is known of connections; a capture without it may hold the dump of the next feed."""

_TCP_FEEDS = (_TCP_INFO_FEED, _make_netlink_feed("tcp"), _make_procfs_feed("tcp"))

_SCTP_FEEDS = (
    feed(
        "netlink",
        _make_dump("sctp", "inet"),
        _make_dump("sctp", "inet6"),
        _DEVICES,
        parse=netlink_sctp_diag.parse,
        lacks=("association_id", "socket_state"),
    ),
    feed("procfs", *proc_sctp.INPUTS, parse=proc_sctp.parse, lacks=("backlog", "interface")),
)


def _make_reader(name: str, position: int, feeds: tuple[Feed, ...], text: Layout | None) -> Reader:
    return Reader(
        name=name,
        table="sockets",
        position=position,
        families=("inet", "inet6"),
        protocols=(name,),
        kind="inet.socket",
        record=InetSocket,
        feeds=feeds,
        layouts={} if text is None else {"net-tools": text},
        inode_field="inode",
        listening="listening",
    )


READERS = (
    _make_reader("tcp", 100, _TCP_FEEDS, make_layout("tcp", "tcp")),
    _make_reader("sctp", 110, _SCTP_FEEDS, net_tools_sctp.LAYOUT),
    _make_reader("udp", 120, (_make_netlink_feed("udp"), _make_procfs_feed("udp")), make_layout("udp", "udp")),
    _make_reader(
        "udplite", 130, (_make_netlink_feed("udplite"), _make_procfs_feed("udplite")), make_layout("udplite", "udp")
    ),
    _make_reader("raw", 140, (_make_procfs_feed("raw"), _make_netlink_feed("raw")), make_layout("raw", "raw")),
    _make_reader("icmp", 150, (_make_procfs_feed("icmp"),), None),
)
