"""RTM_GETADDR dumps of interface addresses: struct ifaddrmsg and the IFA_ attributes of linux/if_addr.h."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from socket import AF_INET, AF_INET6, inet_ntop

from netstat_core.plugin import (
    AF,
    NETLINK_ROUTE,
    NLMSG_HDRLEN,
    Asked,
    Datagrams,
    NetlinkDump,
    Problem,
    Record,
    attributes,
    escape,
    messages,
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
IFA_FLAGS = 8

IFADDRMSG_SIZE = 8

_FAMILIES = {AF["inet"]: ("inet", AF_INET, 4), AF["inet6"]: ("inet6", AF_INET6, 16)}
"""Word, number for inet_ntop() and size of addresses by the kernel's family number."""

OwnedAddress = tuple[int, Record]
"""Index of an interface and an address of that interface."""


def request(asked: Asked) -> NetlinkDump:
    """Return the dump of all addresses, or of the IPv4 ones if only alias names are shown."""
    family = 0 if asked.wants("hardware_address") else AF["inet"]
    body, wider_body = (struct.pack("=BBBBI", number, 0, 0, 0, 0) for number in (family, 0))
    wider = ((NAME, wider_body),) if family else ()
    return NetlinkDump(NAME, protocol=NETLINK_ROUTE, type=RTM_GETADDR, body=body, restart=True, wider=wider)


def parse(datagrams: Datagrams, order: str) -> Iterator[OwnedAddress | Problem]:
    """Yield the addresses of a dump in the kernel's order: IPv4 addresses of an interface with primary ones first."""
    header = struct.Struct(f"{order}16x4BI").unpack_from
    for message in messages(NAME, datagrams, RTM_NEWADDR, NLMSG_HDRLEN + IFADDRMSG_SIZE, order):
        if isinstance(message, Problem):
            yield message
            continue
        *fields, index = header(message)
        if fields[0] in _FAMILIES:
            try:
                yield index, _parse_message(message, order, fields)
            except (ValueError, OSError):
                yield Problem(NAME, "an address of the wrong size", message)


def _parse_message(message: bytes, order: str, header: Sequence[int]) -> Record:
    """Return the record of an address; raise ValueError or OSError for a wrong size.

    A point-to-point link has its own address in IFA_LOCAL, and that of the other end in IFA_ADDRESS.
    """
    family, prefix, flags, scope = header
    attrs = attributes(message, NLMSG_HDRLEN + IFADDRMSG_SIZE, order)
    address = attrs.get(IFA_ADDRESS, b"")
    local = attrs.get(IFA_LOCAL) or address
    broadcast = attrs.get(IFA_BROADCAST)
    label = attrs.text(IFA_LABEL)
    word, inet_ntop_family, size = _FAMILIES[family]
    if prefix > size * 8:
        raise ValueError("the prefix is longer than the address")
    return {
        "family": word,
        "address": inet_ntop(inet_ntop_family, local),
        "prefix_length": prefix,
        "scope": SCOPES.get(scope, f"unknown({scope})"),
        "label": escape(label) if label and word == "inet" else None,
        "peer_address": inet_ntop(inet_ntop_family, address) if address and address != local else None,
        "broadcast_address": inet_ntop(inet_ntop_family, broadcast) if broadcast else None,
        "flags": to_flag_words(attrs.number(IFA_FLAGS, 0) or flags, ADDRESS_FLAGS),
    }
