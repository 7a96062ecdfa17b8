"""The record of a UNIX socket, and the words for its numbers."""

from __future__ import annotations

from typing import Annotated, Any

from netstat_core.plugin import Bytes, Count, Field, Inode, Record, SocketRecord

# linux/net.h
SS_UNCONNECTED = 1
SS_CONNECTING = 2
SS_CONNECTED = 3

SOCK_STREAM = 1
SOCK_DGRAM = 2
SOCK_RAW = 3
SOCK_RDM = 4
SOCK_SEQPACKET = 5
SOCK_PACKET = 10

# linux/net.h; now the first is __SO_ACCEPTCON, and the others are gone
SO_ACCEPTCON = 0x10000
SO_WAITDATA = 0x20000
SO_NOSPACE = 0x40000

STATES = ("FREE", "UNCONNECTED", "CONNECTING", "CONNECTED", "DISCONNECTING")
"""enum socket_state of linux/net.h, by number; an unconnected socket that accepts connections is LISTENING."""

TYPES = {
    SOCK_STREAM: "stream",
    SOCK_DGRAM: "dgram",
    SOCK_RAW: "raw",
    SOCK_RDM: "rdm",
    SOCK_SEQPACKET: "seqpacket",
    SOCK_PACKET: "packet",
}

FLAGS = {
    SO_ACCEPTCON: ("accepting", "ACC"),
    SO_WAITDATA: ("waiting_for_data", "W"),
    SO_NOSPACE: ("no_space", "N"),
}
"""Bits of the column Flags: the word for each, and netstat's letters. Since Linux 2.4 only the first is ever set."""

_FLAG_WORDS = tuple(word for word, _ in FLAGS.values())


class UnixSocket(SocketRecord):
    """A UNIX domain socket, or a connection that waits in a listener's queue and is no socket yet (inode null)."""

    family: Annotated[str, Field("Address family", words=("unix",))]
    ref_count: Annotated[Count | None, Field("References the kernel holds to it; unix_diag does not tell", minimum=0)]
    protocol: Annotated[
        str | None,
        Field("Protocol; the kernel has but one", words=("unix",), pattern=r"^unknown\([0-9]+\)$", never_null=True),
    ]
    flags: Annotated[
        list[Annotated[str, Field("A flag", words=_FLAG_WORDS, pattern="^0x[0-9a-f]+$")]],
        Field("Flags that are set, sorted; bits without a word as numbers"),
    ]
    flags_text: Annotated[str, Field("The flags as netstat's letters, separated by blanks")]
    type: Annotated[str, Field("Type of the socket", words=(*TYPES.values(), "unknown"))]
    state: Annotated[
        str | None,
        Field("State of the socket", words=(*STATES, "LISTENING"), pattern=r"^UNKNOWN\([0-9]+\)$", never_null=True),
    ]
    path: Annotated[
        str | None,
        Field("Name it was bound to, as given to bind(); of an abstract one without its first NUL", mark="path"),
    ]
    abstract: Annotated[bool | None, Field("Whether the name is in the abstract space; null where it has no name")]
    peer_inode: Annotated[
        Inode | None, Field("Inode of the socket it is connected to; null where that is none or not accepted yet")
    ]
    recv_queue: Annotated[
        Bytes | None,
        Field("Received, not yet read, the first packet only unless a stream; connections waiting where listening"),
    ]
    send_queue: Annotated[Bytes | None, Field("Memory of what it sent and its peer has not read")]
    backlog: Annotated[Count | None, Field("Most connections that may wait for accept; null unless listening")]


Kind = dict[str, Any]
"""The fields of a record that come from the columns Protocol, Flags, Type and St."""


def kind_of(protocol: int, flags: int, kind: int, state: int) -> Kind:
    """The fields that the numbers of four columns of /proc/net/unix stand for."""
    listening = state == SS_UNCONNECTED and bool(flags & SO_ACCEPTCON)
    word = STATES[state] if state < len(STATES) else f"UNKNOWN({state})"
    return {
        "protocol": "unix" if protocol == 0 else f"unknown({protocol})",
        "flags": sorted(flag_words(flags)),
        "flags_text": " ".join(letters for bit, (_, letters) in FLAGS.items() if flags & bit),
        "type": TYPES.get(kind, "unknown"),
        "state": "LISTENING" if listening else word,
        "listening": listening,
    }


def flag_words(flags: int) -> list[str]:
    """A word for each bit that is set."""
    bits = [1 << place for place in range(flags.bit_length()) if flags >> place & 1]
    return [FLAGS[bit][0] if bit in FLAGS else f"{bit:#x}" for bit in bits]


Name = tuple["str | None", "bool | None"]
"""The fields path and abstract."""

NAMELESS: Name = (None, None)


def to_record(kind: Kind, ref_count: int | None, inode: int, name: Name) -> Record:
    """A record with what procfs tells; what only unix_diag knows is null."""
    return {
        "ref_count": ref_count,
        **kind,
        "inode": inode or None,
        "path": name[0],
        "abstract": name[1],
        "peer_inode": None,
        "uid": None,
        "recv_queue": None,
        "send_queue": None,
        "backlog": None,
        "family": "unix",
    }
