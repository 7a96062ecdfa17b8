"""sock_diag dumps of SCTP endpoints and associations: struct inet_diag_msg with INET_DIAG_LOCALS and _PEERS.

An association has struct sctp_info besides, in INET_DIAG_INFO.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from netstat_core.plugin import (
    AF,
    About,
    Attributes,
    Datagrams,
    Gap,
    Problem,
    Record,
    attributes,
    interface_names,
    messages,
)
from netstat_inet.addresses import format_ipv4, format_ipv6
from netstat_inet.netlink_inet_diag import (
    INET_DIAG_SKMEMINFO,
    MESSAGE_SIZE,
    SOCK_DIAG_BY_FAMILY,
    name_device,
    name_dump,
)
from netstat_inet.proc_sctp import parse_associations
from netstat_inet.proc_sctp_paths import PathStates, States
from netstat_inet.record import SCTP_ASSOCIATIONS, TCP_LISTEN, make_sctp_record, to_sctp_state, to_tcp_state
from netstat_inet.sctp_record import make_paths, make_sctp, to_path_state
from netstat_inet.tcp_info import INET_DIAG_INFO

# linux/inet_diag.h
INET_DIAG_LOCALS = 12
INET_DIAG_PEERS = 13

# linux/sock_diag.h
SK_MEMINFO_RCVBUF = 1

_STORAGE = 128
"""The size of struct sockaddr_storage."""


class SctpInfo(NamedTuple):
    """What this project uses of struct sctp_info (linux/sctp.h), which is zeros for an endpoint."""

    receive_window: int
    inbound_streams: int
    outbound_streams: int
    send_window: int
    primary: bytes
    primary_state: int


# sctpi_rwnd at 8, sctpi_instrms 16, sctpi_outstrms 18, sctpi_peer_rwnd 44, sctpi_p_address 168, sctpi_p_state 296
_SCTP_INFO = "8xI4xHH24xI120x128si"


def parse(about: About, contents: Mapping[str, Any]) -> Iterator[Record | Problem | Gap]:
    """Yield the records of the IPv4 and the IPv6 dump; a message with INET_DIAG_PEERS is an association.

    ``assocs`` and ``paths`` are files of /proc/net/sctp: a dump does not tell the states of paths.
    """
    parser = _Parser(about, contents["links"])
    yield from parser.read_paths(contents["assocs"], contents["paths"])
    for family, name in (("inet", "sctp"), ("inet6", "sctp6")):
        source = name_dump("sctp", family)
        for message in messages(source, contents[name] or (), SOCK_DIAG_BY_FAMILY, MESSAGE_SIZE, about.order):
            yield message if isinstance(message, Problem) else parser.parse(message)


class _Parser:
    """Parses messages; ``read_paths`` comes first."""

    def __init__(self, about: About, links: Datagrams | None) -> None:
        self._about = about
        self._unpack = struct.Struct(f"{about.order}16x4B2s2s32xI8x5I").unpack_from
        self._info = struct.Struct(about.order + _SCTP_INFO)
        self._interfaces = interface_names(about, links)
        self._states: dict[_Key, States] = {}

    def read_paths(self, associations: bytes | None, paths: bytes | None) -> Iterator[Problem | Gap]:
        """Keep the states of the paths of each association; yield what is wrong with the files."""
        if associations is None or paths is None:
            return
        states = PathStates(paths)
        for each in parse_associations(self._about, SCTP_ASSOCIATIONS, associations, states):
            if isinstance(each, (Problem, Gap)):
                yield each
            else:
                self._states[_get_key(each)] = states.of(each["association_id"])
        yield from states.outcomes

    def parse(self, message: bytes) -> Record:
        """Return the record of a message."""
        attrs = attributes(message, MESSAGE_SIZE, self._about.order)
        _, state, _, _, sport, dport, device, _, received, sent, uid, inode = self._unpack(message)
        peers = _parse_addresses(attrs[INET_DIAG_PEERS]) if INET_DIAG_PEERS in attrs else None
        is_listening = peers is None and state == TCP_LISTEN
        record = make_sctp_record(
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
            interface=name_device(self._interfaces, device),
        )
        memory = attrs.numbers(INET_DIAG_SKMEMINFO, "I")
        buffer = memory[SK_MEMINFO_RCVBUF] if len(memory) > SK_MEMINFO_RCVBUF else None
        record["sctp"] = make_sctp(receive_buffer_bytes=buffer, **self._describe_association(record, attrs))
        return record

    def _describe_association(self, record: Record, attrs: Attributes) -> Record:
        """Return what is known of an association; nothing for an endpoint."""
        if record["remote_addresses"] is None:
            return {}
        states = dict(self._states.get(_get_key(record), {}))
        payload = attrs.get(INET_DIAG_INFO, b"")
        if len(payload) < self._info.size:
            return {"paths": make_paths(record["remote_addresses"], states, None)}
        info = SctpInfo(*self._info.unpack_from(payload))
        primary = _parse_address(info.primary)
        states.setdefault(primary, to_path_state(info.primary_state))
        return {
            "inbound_streams": info.inbound_streams,
            "outbound_streams": info.outbound_streams,
            "send_window_bytes": info.send_window,
            "receive_window_bytes": info.receive_window,
            "paths": make_paths(record["remote_addresses"], states, primary),
        }


_Key = tuple["int | None", "int | None", "int | None", frozenset[str]]


def _get_key(record: Record) -> _Key:
    """Return what tells an association from others: its socket, ports and the addresses of its peer."""
    return record["inode"], record["local_port"], record["remote_port"], frozenset(record["remote_addresses"])


def _parse_addresses(payload: bytes) -> list[str]:
    """Return the addresses in an array of struct sockaddr_storage."""
    starts = range(0, len(payload) - _STORAGE + 1, _STORAGE)
    return [_parse_address(payload[start : start + _STORAGE]) for start in starts]


def _parse_address(raw: bytes) -> str:
    """Return the address in a struct sockaddr_storage, whose first two bytes are the family in the kernel's order."""
    return format_ipv6(raw[8:24]) if AF["inet6"] in (raw[0], raw[1]) else format_ipv4(raw[4:8])
