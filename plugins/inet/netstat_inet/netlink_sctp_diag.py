"""sock_diag dumps of SCTP endpoints and associations: struct inet_diag_msg with INET_DIAG_LOCALS and _PEERS."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from netstat_core.plugin import (
    AF,
    About,
    Attributes,
    Datagrams,
    Problem,
    Record,
    attributes,
    interface_names,
    messages,
)
from netstat_inet.addresses import format_ipv4, format_ipv6
from netstat_inet.netlink_inet_diag import MESSAGE_SIZE, SOCK_DIAG_BY_FAMILY, name_device, name_dump
from netstat_inet.record import TCP_LISTEN, make_sctp_record, to_sctp_state, to_tcp_state

# linux/inet_diag.h
INET_DIAG_LOCALS = 12
INET_DIAG_PEERS = 13

_STORAGE = 128
"""The size of struct sockaddr_storage."""


def parse(
    about: About, inet: Datagrams | None, inet6: Datagrams | None, links: Datagrams | None = None
) -> Iterator[Record | Problem]:
    """Yield the records of the IPv4 and the IPv6 dump; a message with INET_DIAG_PEERS is an association."""
    unpack = struct.Struct(f"{about.order}16x4B2s2s32xI8x5I").unpack_from
    names = interface_names(about, links)
    for family, datagrams in (("inet", inet), ("inet6", inet6)):
        dump = name_dump("sctp", family)
        for message in messages(dump, datagrams or (), SOCK_DIAG_BY_FAMILY, MESSAGE_SIZE, about.order):
            if isinstance(message, Problem):
                yield message
            else:
                yield _to_record(unpack(message), attributes(message, MESSAGE_SIZE, about.order), names)


def _to_record(fields: tuple[Any, ...], attrs: Attributes, interfaces: dict[int, str]) -> Record:
    _, state, _, _, sport, dport, device, _, received, sent, uid, inode = fields
    peers = _parse_addresses(attrs[INET_DIAG_PEERS]) if INET_DIAG_PEERS in attrs else None
    is_listening = peers is None and state == TCP_LISTEN
    return make_sctp_record(
        _parse_addresses(attrs.get(INET_DIAG_LOCALS, b"")),
        peers,
        local_port=int.from_bytes(sport, "big"),
        remote_port=None if peers is None else int.from_bytes(dport, "big"),
        state=to_tcp_state(state) if peers is None else to_sctp_state(state),
        state_number=state,
        socket_state=to_tcp_state(state) if peers is None else None,
        recv_queue=received,
        send_queue=0 if is_listening else sent,
        backlog=sent if is_listening else None,
        uid=uid,
        inode=inode or None,
        interface=name_device(interfaces, device),
    )


def _parse_addresses(payload: bytes) -> list[str]:
    """Return the addresses in an array of struct sockaddr_storage."""
    addresses = []
    for start in range(0, len(payload) - _STORAGE + 1, _STORAGE):
        raw = payload[start : start + _STORAGE]
        is_inet6 = AF["inet6"] in (raw[0], raw[1])
        addresses.append(format_ipv6(raw[8:24]) if is_inet6 else format_ipv4(raw[4:8]))
    return addresses
