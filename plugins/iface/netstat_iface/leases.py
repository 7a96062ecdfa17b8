"""The reader of DHCP leases: the files of all clients, joined with the interfaces and addresses of the kernel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from errno import EACCES
from typing import Any

from netstat_core.plugin import (
    IFINFOMSG_SIZE,
    NLMSG_HDRLEN,
    REST,
    RTM_NEWLINK,
    About,
    AttributeField,
    Batch,
    Column,
    Datagrams,
    DatedContent,
    Directory,
    File,
    FixedField,
    Gap,
    Group,
    Input,
    MessageShapes,
    Problem,
    Reader,
    Record,
    escape,
    feed,
    is_silent,
    plain_table,
)
from netstat_iface import (
    lease_dhclient,
    lease_dhcpcd,
    lease_network_manager,
    lease_networkd,
    netlink_address,
    netlink_link,
)
from netstat_iface.lease import Clock, Found, Lease, make_record, preference

TABLE = "leases"
IFINDEX = "/sys/class/net/*/ifindex"
STAT = "/proc/stat"

_LINK_FIELDS: dict[str, FixedField | AttributeField] = {
    "message": FixedField(4, format="H"),
    "index": FixedField(20, format="i"),
    "name": AttributeField({(netlink_link.IFLA_IFNAME,): REST}),
}
_BOOT = re.compile(rb"^btime ([0-9]{1,15})\n", re.MULTILINE)
_NUMBER = re.compile(rb"([1-9][0-9]{0,9})\n")

Piece = Found | Problem | Gap


def _parse_netlink(about: About, contents: Mapping[str, Any]) -> Iterator[Batch | Problem | Gap]:
    """Yield the leases of interfaces that the kernel has, with the lifetimes of their addresses."""
    names: dict[int, str] = {}
    yield from _parse_links(contents[netlink_link.LINKS], about.order, names)
    addresses: dict[int, list[Record]] | None = None
    if contents[netlink_address.NAME] is not None:
        addresses = {index: [] for index in names}
        for address in netlink_address.parse(contents[netlink_address.NAME], about.order):
            if isinstance(address, Problem):
                yield address
            elif address[0] in addresses:
                addresses[address[0]].append(address[1])
    boot = None
    if contents[STAT] is not None:
        match = _BOOT.search(contents[STAT])
        boot = int(match[1]) if match else None
        if match is None or not contents[STAT].startswith(b"cpu") or not contents[STAT].endswith(b"\n"):
            yield Problem(STAT, "not the statistics of the kernel, or only a part of them", contents[STAT])
    yield from _join(contents, names, addresses, Clock(about.read_at, boot))


def _parse_files(about: About, contents: Mapping[str, Any]) -> Iterator[Batch | Problem | Gap]:
    """Yield the leases, with what their files say alone; interfaces are known from /sys, if that is there."""
    names: dict[int, str] = {}
    for path, content in (contents[IFINDEX] or {}).items():
        match = _NUMBER.fullmatch(content)
        if match is None:
            yield Problem(path, "not what the kernel writes as ifindex", content)
        else:
            names[int(match[1])] = escape(path.split("/")[4].encode("utf-8", "surrogateescape"))
    yield from _join(contents, names or None, None, Clock(about.read_at, None))


def _parse_links(links: Datagrams, order: str, names: dict[int, str]) -> Iterator[Problem]:
    """Add the names of interfaces to a mapping by index; yield problems."""
    shapes = MessageShapes(order, NLMSG_HDRLEN + IFINFOMSG_SIZE, _LINK_FIELDS)
    for datagram in links:
        for messages in shapes.unpack(datagram):
            if isinstance(messages, bytes):
                yield Problem(netlink_link.LINKS, "a message is cut off", messages)
                continue
            columns = (messages.column(name) or [None] * len(messages) for name in _LINK_FIELDS)
            for kind, index, name in zip(*columns, strict=True):
                if kind == RTM_NEWLINK and name is not None:
                    names[index] = escape(name.rstrip(b"\0"))


def _join(
    contents: Mapping[str, Any],
    names: Mapping[int, str] | None,
    addresses: Mapping[int, list[Record]] | None,
    clock: Clock,
) -> Iterator[Batch | Problem | Gap]:
    """Yield the lease in use of each interface that exists, in the order of their indexes."""
    connections: dict[int, str] = {}
    yield from lease_network_manager.parse_devices(contents[lease_network_manager.DEVICES] or {}, connections)
    indexes = None if names is None else {name: index for index, name in names.items()}
    chosen: dict[Any, Record] = {}
    for piece in _parse_all(contents, indexes, clock):
        if not isinstance(piece, Found):
            yield piece
            continue
        found = _place(piece, names, indexes)
        if found is None or not _is_of_connection(found, connections.get(found.number or 0)):
            continue
        owned = None if addresses is None or found.number is None else addresses.get(found.number)
        record = make_record(found, owned, clock)
        if record["address"] is None:  # a file that may not be read, and no address with a lifetime
            continue
        key = found.interface or found.number
        if key not in chosen or preference(record) > preference(chosen[key]):
            chosen[key] = record
    yield Batch(sorted(chosen.values(), key=_make_sort_key))


def _is_of_connection(found: Found, active: str | None) -> bool:
    """Return whether a lease may be in use: NetworkManager keeps those of connections that are not active."""
    return None in (found.connection, active) or found.connection == active


def _make_sort_key(record: Record) -> tuple[bool, int, str]:
    index = record["interface_index"]
    return index is None, index or 0, record["interface"] or ""


def _place(found: Found, names: Mapping[int, str] | None, indexes: Mapping[str, int] | None) -> Found | None:
    """Return a lease with name and index of its interface; None if there is no such interface."""
    if names is None or indexes is None:
        return found
    if found.interface is None:
        name = names.get(found.number or 0)
        return None if name is None else found._replace(interface=name)
    return found._replace(number=indexes[found.interface]) if found.interface in indexes else None


def _parse_all(contents: Mapping[str, Any], interfaces: Mapping[str, int] | None, clock: Clock) -> Iterator[Piece]:
    """Yield the leases of all clients."""
    for pattern in _PATTERNS:
        for path, content in (contents[pattern] or {}).items():
            modified = clock.limit(content.modified) if isinstance(content, DatedContent) else None
            if isinstance(content, DatedContent) and content.is_denied:
                yield Gap("permission", path, "may not be read", errno=EACCES)
            if pattern in lease_dhcpcd.PATTERNS:
                yield from lease_dhcpcd.parse(path, content, modified, interfaces)
            elif isinstance(content, DatedContent) and content.is_denied:
                continue
            elif pattern in lease_dhclient.PATTERNS:
                yield from lease_dhclient.parse(path, content)
            elif pattern == lease_networkd.PATTERN:
                yield from lease_networkd.parse(path, content, modified)
            else:
                yield from lease_network_manager.parse(path, content)


_PATTERNS = (
    *lease_dhclient.PATTERNS,
    lease_networkd.PATTERN,
    lease_network_manager.PATTERN,
    *lease_dhcpcd.PATTERNS,
)
_FILES: dict[str, Input[Any]] = {
    **{pattern: Directory(pattern, dated=True).optional for pattern in _PATTERNS},
    lease_network_manager.DEVICES: Directory(lease_network_manager.DEVICES).optional,
}

_LAYOUT = plain_table(
    TABLE,
    "DHCP leases",
    (
        Column("Interface", field="interface", width=15),
        Column("Client", field="client", width=14),
        Column("Address", field="address", width=15),
        Column("State", field="state", width=9),
        Column("Expires", field="expires_at", width=20),
    ),
)

READER = Reader(
    TABLE,
    table=TABLE,
    position=2100,
    families=("inet",),
    kind="dhcp.lease",
    record=Lease,
    on_request=True,
    feeds=(
        feed(
            "netlink",
            Group(
                {
                    netlink_link.LINKS: netlink_link.LINKS_WITH_STATISTICS,
                    netlink_address.NAME: netlink_address.INET_ADDRESSES.noted,
                    STAT: File(STAT).optional,
                    **_FILES,
                }
            ),
            parse=_parse_netlink,
        ),
        feed(
            "procfs",
            Group({IFINDEX: Directory(IFINDEX).optional, **_FILES}),
            parse=_parse_files,
            lacks=("present",),
        ),
    ),
    layouts={"net-tools": _LAYOUT.replace(complain=is_silent)},
)
