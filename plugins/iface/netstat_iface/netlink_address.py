"""RTM_GETADDR dumps: the addresses of interfaces, struct ifaddrmsg and the IFA_ attributes of linux/if_addr.h."""

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
from netstat_iface.record import ADDRESS_FLAGS, SCOPES, flag_words

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
"""The word for a family, its number for inet_ntop, and the size of its addresses."""

Owned = tuple[int, Record]
"""The index of an interface and an address of its."""


def request(asked: Asked) -> NetlinkDump:
    """All addresses, or the IPv4 ones where only alias names are shown."""
    family = 0 if asked.wants("hardware_address") else AF["inet"]
    body, every = (struct.pack("=BBBBI", one, 0, 0, 0, 0) for one in (family, 0))
    wider = ((NAME, every),) if family else ()
    return NetlinkDump(NAME, protocol=NETLINK_ROUTE, type=RTM_GETADDR, body=body, restart=True, wider=wider)


def parse(datagrams: Datagrams, order: str) -> Iterator[Owned | Problem]:
    """The addresses of a dump in the kernel's order: an interface's IPv4 addresses with the primary ones first."""
    header = struct.Struct(f"{order}16x4BI").unpack_from
    for message in messages(NAME, datagrams, RTM_NEWADDR, NLMSG_HDRLEN + IFADDRMSG_SIZE, order):
        if isinstance(message, Problem):
            yield message
            continue
        *fields, index = header(message)
        if fields[0] in _FAMILIES:
            try:
                yield index, _from_message(message, order, fields)
            except (ValueError, OSError):
                yield Problem(NAME, "an address of the wrong size", message)


def _from_message(message: bytes, order: str, header: Sequence[int]) -> Record:
    """A point-to-point link has its own address in IFA_LOCAL and the other end's in IFA_ADDRESS."""
    family, prefix, flags, scope = header
    found = attributes(message, NLMSG_HDRLEN + IFADDRMSG_SIZE, order)
    address = found.get(IFA_ADDRESS, b"")
    local = found.get(IFA_LOCAL) or address
    broadcast = found.get(IFA_BROADCAST)
    label = found.text(IFA_LABEL)
    word, own, size = _FAMILIES[family]
    if prefix > size * 8:
        raise ValueError("a prefix longer than the address")
    return {
        "family": word,
        "address": inet_ntop(own, local),
        "prefix_length": prefix,
        "scope": SCOPES.get(scope, f"unknown({scope})"),
        "label": escape(label) if label and word == "inet" else None,
        "peer_address": inet_ntop(own, address) if address and address != local else None,
        "broadcast_address": inet_ntop(own, broadcast) if broadcast else None,
        "flags": flag_words(found.number(IFA_FLAGS, 0) or flags, ADDRESS_FLAGS),
    }
