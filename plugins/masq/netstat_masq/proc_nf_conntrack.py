"""/proc/net/nf_conntrack and its predecessor ip_conntrack, which lacks the first two columns.

::

    ipv4     2 udp      17 27 src=10.1.0.2 dst=203.0.113.2 sport=53247 dport=9999 [UNREPLIED] src=203.0.113.2
    dst=203.0.113.1 sport=9999 dport=53247 mark=42 zone=0 use=2

The seconds left and the state follow the protocol, if there are any; offloaded flows have neither. The keys are
repeated for the reply direction. GRE has further keys before the first address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netstat_core.plugin import AF, GREATEST_INTEGER, About, Gap, Problem, Record, TextFile, bounded
from netstat_masq.addresses import CanonicalTexts
from netstat_masq.record import NAT, NO_CONNECTION, PROTOCOLS, STATE_WORDS
from netstat_masq.selection import Selection

NF_CONNTRACK = "/proc/net/nf_conntrack"
IP_CONNTRACK = "/proc/net/ip_conntrack"

_FAMILIES = {(word, b"%d" % AF[name]): name for word, name in ((b"ipv4", "inet"), (b"ipv6", "inet6"))}
_EXPECTATION = b"EXPECTING: "
"""Linux 2.4 lists expected connections in the same file."""

_FLAGS = {b"[ASSURED]": "assured", b"[OFFLOAD]": "offload", b"[HW_OFFLOAD]": "hardware_offload"}
_UNREPLIED = b"[UNREPLIED]"
_SOURCE_PORTS, _TARGET_PORTS = (b"sport", b"srckey"), (b"dport", b"dstkey")
_ZONES = (b"zone", b"zone-orig", b"zone-reply")
_LARGEST_PORT = 0xFFFF
_BYTE = 0xFF

Pairs = dict[bytes, bytes]


def make_parser(path: str) -> Callable[[About, bytes], Iterator[Record | Problem | Gap]]:
    """Return the parser of one of the two files, ``NF_CONNTRACK`` or ``IP_CONNTRACK``."""

    def parse(about: About, content: bytes) -> Iterator[Record | Problem | Gap]:
        selection = Selection(about.asked)
        texts = CanonicalTexts()
        text = TextFile(path, content)
        for number, line in text.stream():  # a list of all lines would double the memory
            if line.startswith(_EXPECTATION):
                continue
            try:
                record = _parse_row(line.split(), texts, with_family=path == NF_CONNTRACK)
            except (ValueError, LookupError):
                reason = "a row needs a protocol, seconds or state, and two tuples"
                yield text.problem(reason, line, number, NO_CONNECTION)
                continue
            if selection.is_everything or selection.includes(record):
                yield record
        yield from text.gaps

    return parse


def _parse_row(words: list[bytes], texts: CanonicalTexts, *, with_family: bool) -> Record:
    """Return the record of a row; raise ValueError or LookupError if the row is invalid."""
    family = _FAMILIES[words[0], words[1]] if with_family else "inet"
    words = words[2:] if with_family else words
    protocol = _parse_number(words[1], _BYTE)
    free, tuples, others = _split_pairs(words[2:])
    original, reply = (_Tuple(pairs, texts) for pairs in tuples)
    seconds, state = _parse_timeout_and_state(free)
    zone = next((others[key] for key in _ZONES if key in others), b"0")
    return {
        "family": family,
        "protocol": PROTOCOLS.get(protocol) or str(protocol),
        "original": original.record,
        "reply": reply.record,
        "state": state,
        "expires_seconds": seconds,
        "status": sorted(
            [*([] if _UNREPLIED in free else ["replied"]), *(_FLAGS[word] for word in free if word in _FLAGS)]
        ),
        "nat": NAT[_find_translated(original, reply)],
        "mark": _parse_number(others[b"mark"], 0xFFFFFFFF) if b"mark" in others else None,
        "zone": _parse_number(zone, _LARGEST_PORT),
        "initial_sequence": None,
        "delta": None,
        "previous_delta": None,
    }


def _find_translated(original: _Tuple, reply: _Tuple) -> int:
    """Return 1 if the source is translated, plus 2 if the destination is: an index of ``NAT``.

    A query of ICMP has one identifier for both directions. The kernel keeps it beside the source, and changes it there
    so that two sources can share an address, as it changes the port of TCP::

        icmp     1 29 src=10.0.0.5 dst=192.0.2.1 type=8 code=0 id=1 src=192.0.2.1 dst=10.0.0.5 type=0 code=0 id=77

    A translated destination may also require another identifier, which then says nothing about the source.
    """
    is_target = reply.source != original.target
    is_source = reply.target != original.source or (reply.icmp_id != original.icmp_id and not is_target)
    return is_source + 2 * is_target


def _split_pairs(words: list[bytes]) -> tuple[list[bytes], list[Pairs], Pairs]:
    """Return the words without a key, the pairs of each direction, and all other pairs.

    A direction starts with ``src=``.
    """
    free: list[bytes] = []
    tuples: list[Pairs] = []
    others: Pairs = {}
    for word in words:
        key, is_pair, value = word.partition(b"=")
        if not is_pair:
            free.append(word)
        elif key == b"src":
            tuples.append({key: value})
        elif tuples and key in _TUPLE_KEYS:
            tuples[-1][key] = value
        else:
            others[key] = value
    return free, tuples, others


_TUPLE_KEYS = frozenset((b"dst", *_SOURCE_PORTS, *_TARGET_PORTS, b"type", b"code", b"id", b"packets", b"bytes"))


class _Tuple:
    """One direction: its record, and its two endpoints, by which translation is recognised.

    An endpoint is an address and a port or the key of GRE; ICMP has no ports, but an identifier.
    """

    def __init__(self, pairs: Pairs, texts: CanonicalTexts) -> None:
        source, target = texts[pairs[b"src"]], texts[pairs[b"dst"]]
        source_port, target_port = _parse_port(pairs, _SOURCE_PORTS), _parse_port(pairs, _TARGET_PORTS)
        icmp = _parse_icmp(pairs)
        self.source = (source, source_port)
        self.target = (target, target_port)
        self.icmp_id = icmp and icmp["id"]
        self.record: Record = {
            "source_address": source,
            "source_port": source_port,
            "destination_address": target,
            "destination_port": target_port,
            "icmp": icmp,
            "packets": _parse_optional(pairs, b"packets"),
            "bytes": _parse_optional(pairs, b"bytes"),
        }


def _parse_icmp(pairs: Pairs) -> Record | None:
    if b"type" not in pairs:
        return None
    return {
        "type": _parse_number(pairs[b"type"], _BYTE),
        "code": _parse_number(pairs[b"code"], _BYTE),
        "id": _parse_number(pairs[b"id"], _LARGEST_PORT),
    }


def _parse_port(pairs: Pairs, keys: tuple[bytes, bytes]) -> int | None:
    """Return the decimal port, the hexadecimal key of GRE, or None."""
    port, key = keys
    if port in pairs:
        return _parse_number(pairs[port], _LARGEST_PORT)
    return bounded(int(pairs[key], 16)) & _LARGEST_PORT if key in pairs else None


def _parse_optional(pairs: Pairs, key: bytes) -> int | None:
    return _parse_number(pairs[key], GREATEST_INTEGER) if key in pairs else None


def _parse_timeout_and_state(free: list[bytes]) -> tuple[int | None, str | None]:
    """Return the seconds left and the state, each None if it is missing."""
    words = [word for word in free if not word.startswith(b"[")]
    seconds = _parse_number(words.pop(0), GREATEST_INTEGER) if words and words[0].isdigit() else None
    state = words.pop(0).decode("ascii") if words else None
    if words or (state and state not in STATE_WORDS):
        raise ValueError("more than seconds and a state")
    return seconds, state


def _parse_number(digits: bytes, largest: int) -> int:
    number = int(digits)
    if not 0 <= number <= largest:
        raise ValueError("a number out of range")
    return number
