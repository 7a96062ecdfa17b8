"""The readers of Internet sockets, in the order netstat shows them."""

from __future__ import annotations

from netstat_core.plugin import (
    LINKS,
    Asked,
    Datagrams,
    Feed,
    File,
    Group,
    Input,
    Layout,
    Reader,
    Rows,
    feed,
    from_asked,
)
from netstat_inet import in_use, net_tools_sctp, netlink_inet_diag, netlink_sctp_diag, proc_sctp, proc_tcp
from netstat_inet.net_tools import make_layout
from netstat_inet.record import WINDOWS, InetSocket
from netstat_inet.sctp_record import SCTP
from netstat_inet.tcp_info_record import TCP_INFO

_PROCFS_LACKS = frozenset({"backlog", "v6_only", "interface"})

_EXTRA = frozenset({TCP_INFO, *WINDOWS})
"""The fields of TCP sockets that are read only on request."""

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


def _make_dump(
    protocol: str, family: str, *, extra: bool = False, bound: bool = False, sctp_info: bool = False
) -> Input[Datagrams | None]:
    """Return the dump of a protocol and family, with what is read only on request if ``extra``.

    That of TCP is not requested if it is known to be empty, which nothing tells of sockets that are only ``bound``.
    ``sctp_info`` adds what field ``sctp`` comes from.
    """

    def choose_dump(asked: Asked) -> Input[Datagrams]:
        narrowed = asked._replace(extra_fields=asked.extra_fields if extra else (), bound=bound)
        return netlink_inet_diag.request(protocol, family, narrowed, sctp_info=sctp_info)

    signs = in_use.NO_TCP[family] if protocol == "tcp" and not bound else ()
    return from_asked(choose_dump).empty_if(*signs).when(lambda asked: asked.serves_family(family))


def _make_procfs_feed(protocol: str) -> Feed:
    lacks = _PROCFS_LACKS | _EXTRA | {"drops"} if protocol == "tcp" else _PROCFS_LACKS
    files = _make_file(protocol, "inet"), _make_file(protocol, "inet6")
    return feed("procfs", *files, parse=proc_tcp.make_parser(protocol), lacks=lacks)


def _make_netlink_feed(protocol: str, *, extra: bool = False, bound: bool = False) -> Feed:
    """Return the feed of a protocol's dumps; links are dumped too if ``interface`` is asked for."""
    inet, inet6 = (_make_dump(protocol, family, extra=extra, bound=bound) for family in netlink_inet_diag.FAMILIES)
    return feed(
        "netlink",
        inet,
        inet6,
        _DEVICES,
        parse=netlink_inet_diag.make_parser(protocol),
        lacks=_EXTRA if protocol == "tcp" and not extra else (),
        serves=lambda asked: (not extra or any(map(asked.wants_extra, _EXTRA))) and (not bound or asked.bound),
    )


_TCP_FEEDS = (
    *(_make_netlink_feed("tcp", extra=extra, bound=bound) for extra in (True, False) for bound in (True, False)),
    _make_procfs_feed("tcp"),
)
"""The dump with all that is asked for; a capture without some of it may hold the dump of one of the next feeds."""


def _make_sctp_feed(*, info: bool) -> Feed:
    """Return the feed of the dumps of SCTP, with what field ``sctp`` comes from if it is wanted and ``info``."""
    inputs = {
        "sctp": _make_dump("sctp", "inet", sctp_info=info),
        "sctp6": _make_dump("sctp", "inet6", sctp_info=info),
        "links": _DEVICES,
        "assocs": proc_sctp.NUMBERS,
        "paths": proc_sctp.PATHS,
    }
    lacks = {"association_id", "socket_state"} | (set() if info else {SCTP})
    serves = (lambda asked: asked.wants(SCTP)) if info else None
    return feed("netlink", Group(inputs), parse=netlink_sctp_diag.parse, lacks=lacks, serves=serves)


_SCTP_FEEDS = (
    _make_sctp_feed(info=True),
    _make_sctp_feed(info=False),
    feed("procfs", proc_sctp.INPUTS, parse=proc_sctp.parse, lacks=("backlog", "interface")),
)
"""A capture may hold the second dump, which older versions asked for."""


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
