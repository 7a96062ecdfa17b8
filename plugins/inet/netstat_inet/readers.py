"""The readers of Internet sockets, in the order netstat shows them."""

from __future__ import annotations

from netstat_core.plugin import LINKS, Asked, Datagrams, Feed, File, Input, Layout, Reader, Rows, feed, from_asked
from netstat_inet import net_tools_sctp, netlink_inet_diag, netlink_sctp_diag, proc_sctp, proc_tcp
from netstat_inet.net_tools import layout
from netstat_inet.record import InetSocket

_PROCFS_LACKS = frozenset({"backlog", "v6_only", "interface"})

_LISTENING = Rows(column=3, values=("0A",))


def _file(protocol: str, family: str) -> Input[bytes | None]:
    """One of the protocol's two files; only the absence of the IPv4 one is an absence of the protocol."""
    path = f"/proc/net/{protocol}" if family == "inet" else f"/proc/net/{protocol}6"

    def for_asked(asked: Asked) -> Input[bytes | None]:
        is_listening = asked.show == "listening" and protocol == "tcp"
        file = File(path, keep=_LISTENING if is_listening else None, inode_column=9, uid_column=7)
        if family == "inet6":
            return file.optional
        return file.noted if asked.serves_family("inet6") else file

    return from_asked(for_asked).when(lambda asked: asked.serves_family(family))


def _dump(protocol: str, family: str) -> Input[Datagrams | None]:
    """One of the protocol's two dumps."""
    dump = from_asked(lambda asked: netlink_inet_diag.request(protocol, family, asked))
    return dump.when(lambda asked: asked.serves_family(family))


def _procfs(protocol: str) -> Feed:
    lacks = _PROCFS_LACKS | {"drops"} if protocol == "tcp" else _PROCFS_LACKS
    files = _file(protocol, "inet"), _file(protocol, "inet6")
    return feed("procfs", *files, parse=proc_tcp.parser(protocol), lacks=lacks)


def _netlink(protocol: str) -> Feed:
    """The protocol's dumps, and the links where the output names interfaces."""
    links = LINKS.optional.when(lambda asked: asked.wants("interface"))
    inet, inet6 = _dump(protocol, "inet"), _dump(protocol, "inet6")
    return feed("netlink", inet, inet6, links, parse=netlink_inet_diag.parser(protocol))


_SCTP_FEEDS = (
    feed(
        "netlink",
        _dump("sctp", "inet"),
        _dump("sctp", "inet6"),
        parse=netlink_sctp_diag.parse,
        lacks=("association_id", "socket_state"),
    ),
    feed("procfs", *proc_sctp.INPUTS, parse=proc_sctp.parse, lacks=("backlog",)),
)


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
    _reader("sctp", 110, _SCTP_FEEDS, net_tools_sctp.LAYOUT),
    _reader("udp", 120, (_netlink("udp"), _procfs("udp")), layout("udp", "udp")),
    _reader("udplite", 130, (_netlink("udplite"), _procfs("udplite")), layout("udplite", "udp")),
    _reader("raw", 140, (_procfs("raw"), _netlink("raw")), layout("raw", "raw")),
    _reader("icmp", 150, (_procfs("icmp"),), None),
)
