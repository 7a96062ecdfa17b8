"""Sockets as hypothesis makes them up: as records, as lines of /proc/net, and as sock_diag messages."""

from __future__ import annotations

import socket
import struct
from typing import Any

from hypothesis import strategies as st
from netstat_inet.record import InetSocket, to_datagram_state, to_tcp_state, to_timer_kind

from netstat_core.plugin.records import Record

HEADER = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
TIMERS = ("off", "retransmit", "keepalive", "timewait", "probe")
LISTEN, TIME_WAIT = 10, 6
u8, u16, u32 = st.integers(0, 0xFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)

ipv4 = st.integers(0, 0xFFFFFFFF).map(lambda number: struct.pack(">I", number))
ipv6 = st.one_of(
    st.binary(min_size=16, max_size=16),
    ipv4.map(lambda raw: bytes(10) + b"\xff\xff" + raw),
    ipv4.map(lambda raw: bytes(12) + raw),
    st.sampled_from([bytes(16), bytes(15) + b"\1", b"\xfe\x80" + bytes(13) + b"\1"]),
)


def is_mapped(raw: bytes) -> bool:
    """Whether these are the bytes of an IPv4-mapped address."""
    return len(raw) == 16 and raw[:12] == bytes(10) + b"\xff\xff"


def text_of(raw: bytes) -> str:
    """Write address bytes as records have them."""
    if is_mapped(raw):
        raw = raw[12:]
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)


@st.composite
def drawn(draw: st.DrawFn, protocol: str) -> dict[str, Any]:
    """Draw a socket of tcp, udp, udplite or raw, as the kernel holds it."""
    family = draw(st.sampled_from(["inet", "inet6"]))
    addresses = ipv4 if family == "inet" else ipv6
    timer = draw(st.integers(0, 4))
    return {
        "protocol": protocol,
        "family": family,
        "source": draw(addresses),
        "target": draw(addresses | st.just(bytes(4 if family == "inet" else 16))),
        "source_port": draw(u16),
        "target_port": draw(u16 | st.just(0)),
        "state": draw(st.integers(1, 12) if protocol == "tcp" else st.sampled_from([1, 7])),
        "received": draw(u32),
        "sent": draw(u32),
        "timer": timer,
        "ticks": draw(st.integers(0, 1 << 20)),
        "retransmits": draw(u8),
        "probes": draw(u8),
        "uid": draw(u32),
        "inode": draw(st.integers(1, 0xFFFFFFFF)),
        "drops": draw(u32),
    }


def record_of(drawn_socket: dict[str, Any], ticks_per_second: int = 100) -> Record:
    """Write a drawn socket as the record that /proc/net should give."""
    one = drawn_socket
    protocol = one["protocol"]
    is_tcp, is_raw = protocol == "tcp", protocol == "raw"
    word = to_tcp_state(one["state"]) if is_tcp else to_datagram_state(one["state"])
    kind = to_timer_kind(one["timer"])
    unspecified = text_of(one["target"]) == ("0.0.0.0" if one["family"] == "inet" else "::")
    return {
        **dict.fromkeys(InetSocket.__annotations__),
        "family": one["family"],
        "protocol": protocol,
        "local_address": text_of(one["source"]),
        "local_port": None if is_raw else one["source_port"],
        "remote_address": text_of(one["target"]),
        "remote_port": one["target_port"],
        "state": None if is_raw else word,
        "state_number": one["state"],
        "listening": one["state"] == LISTEN if is_tcp else unspecified,
        "recv_queue": one["received"],
        "send_queue": one["sent"],
        "uid": None if kind == "timewait" and not one["uid"] else one["uid"],
        "inode": one["inode"],
        "timer": {
            "kind": kind,
            "expires_seconds": None if kind == "off" else one["ticks"] / ticks_per_second,
            "retransmits": one["retransmits"],
            "probes": one["probes"],
        },
        "v4_mapped": is_mapped(one["source"]) or is_mapped(one["target"]),
        "drops": None if is_tcp else one["drops"],
        "ip_protocol": one["source_port"] if is_raw else None,
    }


def line_of(record: Record, slot: int = 0, order: str = "<", ticks_per_second: int = 100) -> bytes:
    """Write a record as the kernel's line, from nothing but the record."""
    timer = record["timer"]
    port = record["ip_protocol"] if record["protocol"] == "raw" else record["local_port"]
    expires = round((timer["expires_seconds"] or 0) * ticks_per_second)
    line = (
        f"{slot:4d}: {words_of(record, 'local_address', order)}:{port:04X}"
        f" {words_of(record, 'remote_address', order)}:{record['remote_port']:04X} {record['state_number']:02X}"
        f" {record['send_queue']:08X}:{record['recv_queue']:08X} {TIMERS.index(timer['kind']):02X}:{expires:08X}"
        f" {timer['retransmits']:08X} {record['uid'] or 0:5d} {timer['probes']:8d} {record['inode']} 2 ffff88810"
    )
    return f"{line} {record['drops']}".encode() if record["drops"] is not None else f"{line} 100 0 0 10 0".encode()


def words_of(record: Record, field: str, order: str) -> str:
    """Write an address as the kernel does: 32-bit words as hex numbers of its own byte order."""
    text = record[field]
    if record["family"] == "inet":
        raw = socket.inet_pton(socket.AF_INET, text)
    elif ":" in text:
        raw = socket.inet_pton(socket.AF_INET6, text)
    else:
        raw = bytes(10) + b"\xff\xff" + socket.inet_pton(socket.AF_INET, text)
    return "".join(f"{word:08X}" for word in struct.unpack(f"{order}{len(raw) // 4}I", raw))


@st.composite
def spoilt(draw: st.DrawFn, line: bytes) -> bytes:
    """Take a good line and spoil a word or two of it, or a byte, or its end."""
    words: list[bytes] = line.split(b" ")
    odd = st.sampled_from(
        [b"", b"-1", b"0x1F", b"1_0", b"+5", b"FFFFFFFFFFFFFFFFFFFF", b"99999999999999999999", b":", b"\xff"]
    )
    for _ in range(draw(st.integers(0, 2))):
        words[draw(st.integers(0, len(words) - 1))] = draw(odd | st.binary(max_size=9))
    made = b" ".join(words)
    if draw(st.booleans()):
        at = draw(st.integers(0, len(made)))
        made = made[:at] + draw(st.binary(max_size=3)) + made[at + draw(st.integers(0, 3)) :]
    end: int = draw(st.integers(0, len(made))) if draw(st.integers(0, 4)) == 0 else len(made)
    return made[:end]


def attribute(kind: int, payload: bytes, order: str = "<") -> bytes:
    """Write one netlink attribute, padded."""
    length = 4 + len(payload)
    return struct.pack(f"{order}HH", length, kind) + payload + bytes(-length % 4)


def diag_message(drawn_socket: dict[str, Any], attributes: bytes = b"", order: str = "<", *, index: int = 0) -> bytes:
    """Write a drawn socket as one sock_diag message; the caller pads it."""
    one = drawn_socket
    head = struct.pack("BBBB", 2 if one["family"] == "inet" else 10, one["state"], one["timer"], one["retransmits"])
    ports = struct.pack(">HH", one["source_port"], one["target_port"])
    addresses = one["source"].ljust(16, b"\0") + one["target"].ljust(16, b"\0")
    numbers = struct.pack(
        f"{order}I8x5I",
        *(index, one["ticks"], one["received"], one["sent"], one["uid"], one["inode"]),
    )
    body: bytes = head + ports + addresses + numbers + attributes
    return struct.pack(f"{order}IHHII", 16 + len(body), 20, 2, 1, 1) + body


def padded(messages: list[bytes], *, last: bool = True) -> bytes:
    """Join messages to a datagram, each padded to four bytes; the last one too unless told otherwise."""
    *before, end = messages
    return b"".join(one + bytes(-len(one) % 4) for one in before) + end + (bytes(-len(end) % 4) if last else b"")
