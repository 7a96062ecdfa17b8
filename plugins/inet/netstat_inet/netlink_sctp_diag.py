"""sock_diag dumps of SCTP endpoints and associations: struct inet_diag_msg and the lists of their addresses."""

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
    messages,
)
from netstat_inet.addresses import ipv4_text, ipv6_text
from netstat_inet.messages import MESSAGE_SIZE
from netstat_inet.netlink_inet_diag import SOCK_DIAG_BY_FAMILY, dump_name
from netstat_inet.record import TCP_LISTEN, sctp_socket, sctp_state, tcp_state

# linux/inet_diag.h
INET_DIAG_LOCALS = 12
INET_DIAG_PEERS = 13

_STORAGE = 128
"""The size of struct sockaddr_storage."""


def parse(about: About, inet: Datagrams | None, inet6: Datagrams | None) -> Iterator[Record | Problem]:
    """The rows of both dumps: an association is one that has peers."""
    unpack = struct.Struct(f"{about.order}16x4B2s2s32xI8x5I").unpack_from
    for family, datagrams in (("inet", inet), ("inet6", inet6)):
        dump = dump_name("sctp", family)
        for message in messages(dump, datagrams or (), SOCK_DIAG_BY_FAMILY, MESSAGE_SIZE, about.order):
            if isinstance(message, Problem):
                yield message
            else:
                yield _from_diag(unpack(message), attributes(message, MESSAGE_SIZE, about.order))


def _from_diag(fields: tuple[Any, ...], found: Attributes) -> Record:
    _, state, _, _, sport, dport, _, _, received, sent, uid, inode = fields
    peers = _storages(found[INET_DIAG_PEERS]) if INET_DIAG_PEERS in found else None
    is_listening = peers is None and state == TCP_LISTEN
    return sctp_socket(
        _storages(found.get(INET_DIAG_LOCALS, b"")),
        peers,
        local_port=int.from_bytes(sport, "big"),
        remote_port=None if peers is None else int.from_bytes(dport, "big"),
        state=tcp_state(state) if peers is None else sctp_state(state),
        state_number=state,
        socket_state=tcp_state(state) if peers is None else None,
        recv_queue=received,
        send_queue=0 if is_listening else sent,
        backlog=sent if is_listening else None,
        uid=uid,
        inode=inode or None,
    )


def _storages(payload: bytes) -> list[str]:
    """The addresses of an array of struct sockaddr_storage."""
    addresses = []
    for start in range(0, len(payload) - _STORAGE + 1, _STORAGE):
        raw = payload[start : start + _STORAGE]
        is_inet6 = AF["inet6"] in (raw[0], raw[1])
        addresses.append(ipv6_text(raw[8:24]) if is_inet6 else ipv4_text(raw[4:8]))
    return addresses
