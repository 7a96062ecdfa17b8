"""Connections as the kernel writes them: records turned into messages of ctnetlink and rows of nf_conntrack."""

from __future__ import annotations

import socket
import struct
from typing import Any

from hypothesis import strategies as st
from netstat_masq.record import NAT, PROTOCOLS, STATES, STATUS

Record = dict[str, Any]

NUMBERS = {word: number for number, word in PROTOCOLS.items()}
WITH_PORTS = ("tcp", "udp", "udplite", "sctp", "dccp")
ICMP = {"icmp": (8, 0), "icmpv6": (128, 129)}
STATE_NEST = {"tcp": 1, "dccp": 2, "sctp": 3}
NESTED = 0x8000

_addresses = {"inet": st.binary(min_size=4, max_size=4), "inet6": st.binary(min_size=16, max_size=16)}
_ports = st.integers(0, 0xFFFF)
_counts = st.integers(0, 2**64 - 1)


@st.composite
def connections(draw: st.DrawFn) -> Record:
    """Draw a record of a tracked connection: any protocol, translated or not, counted or not."""
    family = draw(st.sampled_from(["inet", "inet6"]))
    protocol = draw(st.sampled_from([*WITH_PORTS, "icmp", "icmpv6", "89", "4"]))
    source, target, router, server = (text(family, draw(_addresses[family])) for _ in range(4))
    ports = [draw(_ports) if protocol in WITH_PORTS else None for _ in range(4)]
    nat = draw(st.sampled_from(NAT)) if len({source, target, router, server}) == 4 else "none"
    masked = (router, ports[2]) if nat in ("source", "both") else (source, ports[0])
    served = (server, ports[3]) if nat in ("destination", "both") else (target, ports[1])
    icmp = ICMP.get(protocol, (None, None))
    counted, offloaded = draw(st.booleans()), draw(st.booleans())
    status = {"offload"} if offloaded else draw(st.sets(st.just("assured")))
    return {
        "family": family,
        "protocol": protocol,
        "original": direction(draw, icmp[0], (source, ports[0]), (target, ports[1]), counted=counted),
        "reply": direction(draw, icmp[1], served, masked, counted=counted),
        "state": None if offloaded or protocol not in STATES else draw(st.sampled_from(STATES[protocol])),
        "expires_seconds": None if offloaded else draw(st.integers(0, 2**32 - 1)),
        "status": sorted(status | draw(st.sets(st.just("replied")))),
        "nat": nat,
        "mark": draw(st.none() | st.integers(0, 2**32 - 1)),
        "zone": draw(_ports),
        **dict.fromkeys(("initial_sequence", "delta", "previous_delta")),
    }


def direction(draw: st.DrawFn, icmp_type: int | None, source: Any, target: Any, *, counted: bool) -> Record:
    """Draw one direction of a connection."""
    return {
        "source_address": source[0],
        "source_port": source[1],
        "destination_address": target[0],
        "destination_port": target[1],
        "icmp": None if icmp_type is None else {"type": icmp_type, "code": 0, "id": 7},
        "packets": draw(_counts) if counted else None,
        "bytes": draw(_counts) if counted else None,
    }


def text(family: str, raw: bytes) -> str:
    """Return an address as text."""
    return socket.inet_ntop(socket.AF_INET if family == "inet" else socket.AF_INET6, raw)


def packed(address: str) -> bytes:
    """Return an address as bytes."""
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def message(record: Record, order: str = "<") -> bytes:
    """Return the record as a ctnetlink message of a machine with this byte order."""
    number = NUMBERS.get(record["protocol"]) if record["protocol"] in NUMBERS else int(record["protocol"])
    assert number is not None
    bits = sum(bit for bit, word in STATUS.items() if word in record["status"]) | NAT.index(record["nat"]) << 4 | 8
    parts = [
        tuple_nest(1, record["original"], number, order),
        tuple_nest(2, record["reply"], number, order),
        attribute(3, struct.pack(">I", bits), order),
        attribute(18, struct.pack(">H", record["zone"]), order),
    ]
    for kind, field in ((7, "expires_seconds"), (8, "mark")):
        if record[field] is not None:
            parts.append(attribute(kind, struct.pack(">I", record[field]), order))
    if record["state"] is not None:
        inner = attribute(1, bytes([STATES[record["protocol"]].index(record["state"])]), order)
        parts.append(nest(4, [nest(STATE_NEST[record["protocol"]], [inner], order)], order))
    for kind, way in ((9, record["original"]), (10, record["reply"])):
        if way["packets"] is not None:
            counters = [(1, way["packets"]), (2, way["bytes"])]
            parts.append(
                nest(kind, [attribute(one, struct.pack(">Q", value), order) for one, value in counters], order)
            )
    body = bytes([2 if record["family"] == "inet" else 10, 0, 0, 0]) + b"".join(parts)
    return struct.pack(f"{order}IHHII", 16 + len(body), 0x100, 2, 1, 1) + body


def tuple_nest(kind: int, way: Record, number: int, order: str) -> bytes:
    """Return one direction's addresses and ports."""
    source, target = packed(way["source_address"]), packed(way["destination_address"])
    first = 1 if len(source) == 4 else 3
    protocol = [attribute(1, bytes([number]), order)]
    if way["source_port"] is not None:
        protocol += [attribute(2, struct.pack(">H", way["source_port"]), order)]
        protocol += [attribute(3, struct.pack(">H", way["destination_port"]), order)]
    if way["icmp"] is not None:
        at = 4 if number == 1 else 7
        icmp = struct.pack(">H", way["icmp"]["id"]), bytes([way["icmp"]["type"]]), bytes([way["icmp"]["code"]])
        protocol += [attribute(at + place, content, order) for place, content in enumerate(icmp)]
    addresses = [attribute(first, source, order), attribute(first + 1, target, order)]
    return nest(kind, [nest(1, addresses, order), nest(2, protocol, order)], order)


def nest(kind: int, parts: list[bytes], order: str) -> bytes:
    """Return an attribute that holds others."""
    return attribute(kind | NESTED, b"".join(parts), order)


def attribute(kind: int, content: bytes, order: str) -> bytes:
    """Return one attribute, padded."""
    return struct.pack(f"{order}HH", 4 + len(content), kind) + content + bytes(-len(content) % 4)


def row(record: Record) -> bytes:
    """Return the record as a row of /proc/net/nf_conntrack."""
    family = ("ipv4", 2) if record["family"] == "inet" else ("ipv6", 10)
    known = record["protocol"] in NUMBERS
    number = NUMBERS[record["protocol"]] if known else int(record["protocol"])
    words = [f"{family[0]:<8} {family[1]} {record['protocol'] if known else 'unknown':<8} {number}"]
    words += [str(record[field]) for field in ("expires_seconds", "state") if record[field] is not None]
    words += way_words(record["original"])
    words += [] if "replied" in record["status"] else ["[UNREPLIED]"]
    words += way_words(record["reply"])
    words += [f"[{word.upper()}]" for word in record["status"] if word != "replied"]
    words += [] if record["mark"] is None else [f"mark={record['mark']}"]
    return " ".join([*words, f"zone={record['zone']}", "use=2\n"]).encode()


def way_words(way: Record) -> list[str]:
    """Return the words of one direction; addresses written out with all their zeros."""
    words = [f"src={written_out(way['source_address'])}", f"dst={written_out(way['destination_address'])}"]
    if way["source_port"] is not None:
        words += [f"sport={way['source_port']}", f"dport={way['destination_port']}"]
    words += [f"{key}={value}" for key, value in (way["icmp"] or {}).items()]
    return words + ([] if way["packets"] is None else [f"packets={way['packets']}", f"bytes={way['bytes']}"])


def written_out(address: str) -> str:
    """Return an address as the kernel prints it in files."""
    raw = packed(address)
    return address if len(raw) == 4 else ":".join(raw[place : place + 2].hex() for place in range(0, 16, 2))
