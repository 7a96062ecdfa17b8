"""RTM_GETADDR dumps of interface addresses: struct ifaddrmsg and the IFA_ attributes of linux/if_addr.h."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from socket import AF_INET, AF_INET6, inet_ntop
from typing import NamedTuple

from netstat_core.plugin import (
    AF,
    NETLINK_ROUTE,
    NLMSG_HDRLEN,
    REST,
    Asked,
    AttributeField,
    Datagrams,
    FixedField,
    Messages,
    MessageShapes,
    NetlinkDump,
    Problem,
    Record,
    escape,
)
from netstat_iface.record import ADDRESS_FLAGS, SCOPES, to_flag_words

NAME = "route/addresses"

# linux/rtnetlink.h
RTM_NEWADDR = 20
RTM_GETADDR = 22

# linux/if_addr.h
IFA_ADDRESS = 1
IFA_LOCAL = 2
IFA_LABEL = 3
IFA_BROADCAST = 4
IFA_CACHEINFO = 6
IFA_FLAGS = 8

IFADDRMSG_SIZE = 8
FOR_EVER = 0xFFFFFFFF
"""INFINITY_LIFE_TIME of include/net/addrconf.h, the lifetime of permanent addresses."""

_HUNDREDTHS = 100

_FAMILIES = {AF["inet"]: ("inet", AF_INET, 4), AF["inet6"]: ("inet6", AF_INET6, 16)}
"""Word, number for inet_ntop() and size of addresses by the kernel's family number."""

OwnedAddress = tuple[int, Record]
"""Index of an interface and an address of that interface."""


def _make_dump(family: int, *wider: tuple[str, bytes]) -> NetlinkDump:
    body = struct.pack("=BBBBI", family, 0, 0, 0, 0)
    return NetlinkDump(NAME, protocol=NETLINK_ROUTE, type=RTM_GETADDR, body=body, restart=True, wider=wider)


ADDRESSES = _make_dump(0)
INET_ADDRESSES = _make_dump(AF["inet"], (NAME, ADDRESSES.body))


def request(asked: Asked) -> NetlinkDump:
    """Return the dump of all addresses, or of the IPv4 ones if only alias names are shown."""
    return ADDRESSES if asked.wants("hardware_address") else INET_ADDRESSES


_FIELDS: dict[str, FixedField | AttributeField] = {
    "message": FixedField(4, format="H"),
    "index": FixedField(20, format="I"),
    "family": FixedField(16, format="B"),
    "prefix": FixedField(17, format="B"),
    "flags": FixedField(18, format="B"),
    "scope": FixedField(19, format="B"),
    "address": AttributeField({(IFA_ADDRESS,): REST}),
    "local": AttributeField({(IFA_LOCAL,): REST}),
    "label": AttributeField({(IFA_LABEL,): REST}),
    "broadcast": AttributeField({(IFA_BROADCAST,): REST}),
    "all_flags": AttributeField({(IFA_FLAGS,): "I"}, exact=True),
    "preferred": AttributeField({(IFA_CACHEINFO,): "I"}),
    "valid": AttributeField({(IFA_CACHEINFO,): "I"}, offset=4),
    "created": AttributeField({(IFA_CACHEINFO,): "I"}, offset=8),
    "updated": AttributeField({(IFA_CACHEINFO,): "I"}, offset=12),
}
"""nlmsg_type, the fields of struct ifaddrmsg, and attributes; from ``family`` on as in :class:`_Address`."""


class _Address(NamedTuple):
    """The values of a message; ``flags`` has the first eight bits of ``all_flags``.

    The last four are those of struct ifa_cacheinfo: seconds that are left, and hundredths of a second since boot.
    """

    family: int
    prefix: int
    flags: int
    scope: int
    address: bytes | None
    local: bytes | None
    label: bytes | None
    broadcast: bytes | None
    all_flags: int | None
    preferred: int | None
    valid: int | None
    created: int | None
    updated: int | None


def parse(datagrams: Datagrams, order: str) -> Iterator[OwnedAddress | Problem]:
    """Yield the addresses of a dump in the kernel's order: IPv4 addresses of an interface with primary ones first."""
    shapes = MessageShapes(order, NLMSG_HDRLEN + IFADDRMSG_SIZE, _FIELDS)
    for datagram in datagrams:
        for messages in shapes.unpack(datagram):
            if isinstance(messages, bytes):
                yield Problem(NAME, "a message is cut off", messages)
            else:
                yield from _parse_messages(messages)


def _parse_messages(messages: Messages) -> Iterator[OwnedAddress | Problem]:
    columns = [messages.column(name) or [None] * len(messages) for name in _FIELDS]
    for place, (kind, index, *values) in enumerate(zip(*columns, strict=True)):
        if kind == RTM_NEWADDR and values[0] in _FAMILIES:
            try:
                yield index, _make_record(_Address(*values))
            except (ValueError, OSError):
                yield Problem(NAME, "an address of the wrong size", messages.message(place))


def _make_record(values: _Address) -> Record:
    """Return the record of an address; raise ValueError or OSError for a wrong size.

    A point-to-point link has its own address in IFA_LOCAL, and that of the other end in IFA_ADDRESS.
    """
    address = values.address or b""
    local = values.local or address
    label = (values.label or b"").rstrip(b"\0")
    word, family, size = _FAMILIES[values.family]
    if values.prefix > size * 8:
        raise ValueError("the prefix is longer than the address")
    return {
        "family": word,
        "address": inet_ntop(family, local),
        "prefix_length": values.prefix,
        "scope": SCOPES.get(values.scope, f"unknown({values.scope})"),
        "label": escape(label) if label and word == "inet" else None,
        "peer_address": inet_ntop(family, address) if address and address != local else None,
        "broadcast_address": inet_ntop(family, values.broadcast) if values.broadcast else None,
        "flags": to_flag_words(values.all_flags or values.flags, ADDRESS_FLAGS),
        "valid_seconds": None if values.valid == FOR_EVER else values.valid,
        "preferred_seconds": None if values.preferred == FOR_EVER else values.preferred,
        "created_uptime": None if values.created is None else values.created / _HUNDREDTHS,
        "updated_uptime": None if values.updated is None else values.updated / _HUNDREDTHS,
    }
