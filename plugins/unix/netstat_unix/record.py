"""The record of a UNIX socket, and the words for the kernel's numbers."""

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

# linux/net.h; the first is now called __SO_ACCEPTCON, the others were removed
SO_ACCEPTCON = 0x10000
SO_WAITDATA = 0x20000
SO_NOSPACE = 0x40000

STATES = ("FREE", "UNCONNECTED", "CONNECTING", "CONNECTED", "DISCONNECTING")
"""Words by the numbers of enum socket_state (linux/net.h); LISTENING is SS_UNCONNECTED with SO_ACCEPTCON."""

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
"""Words and netstat's letters by bit of column Flags. Since Linux 2.4 only SO_ACCEPTCON is set."""

_FLAG_WORDS = tuple(word for word, _ in FLAGS.values())


class UnixSocket(SocketRecord):
    """A UNIX domain socket, or a connection in a listener's queue that was not accepted yet (inode null)."""

    family: Annotated[str, Field("Address family", words=("unix",))]
    ref_count: Annotated[Count | None, Field("Reference count; null from unix_diag", minimum=0)]
    protocol: Annotated[
        str | None,
        Field("Protocol; the kernel has only one", words=("unix",), pattern=r"^unknown\([0-9]+\)$", never_null=True),
    ]
    flags: Annotated[
        list[Annotated[str, Field("A flag", words=_FLAG_WORDS, pattern="^0x[0-9a-f]+$")]],
        Field("Flags that are set, sorted; bits without a word as numbers"),
    ]
    flags_text: Annotated[str, Field("The flags as netstat's letters, separated by blanks", mark="word")]
    type: Annotated[str, Field("Type of the socket", words=(*TYPES.values(), "unknown"))]
    state: Annotated[
        str | None,
        Field("State of the socket", words=(*STATES, "LISTENING"), pattern=r"^UNKNOWN\([0-9]+\)$", never_null=True),
    ]
    path: Annotated[
        str | None,
        Field("Name given to bind(); that of an abstract socket without the first NUL", mark="path"),
    ]
    abstract: Annotated[bool | None, Field("Whether the name is in the abstract namespace; null without a name")]
    peer_inode: Annotated[
        Inode | None, Field("Inode of the connected socket; null if there is none or it was not accepted yet")
    ]
    recv_queue: Annotated[
        Bytes | None,
        Field(
            "Bytes received, not yet read, of a datagram socket in the first packet; if listening, waiting connections"
        ),
    ]
    send_queue: Annotated[Bytes | None, Field("Memory in bytes of what was sent and is not yet read by the peer")]
    backlog: Annotated[Count | None, Field("Most connections that may wait for accept(); null unless listening")]
    vnode: Annotated[
        int | None,
        Field(
            "Inode of the file that the socket is bound to, its lowest 32 bits; null if it is bound to none, and from "
            "/proc",
            minimum=0,
        ),
    ]
    has_peer: Annotated[
        bool | None,
        Field("Whether it is connected, to a socket without an inode too, as one not accepted yet; null from /proc"),
    ]


Kind = dict[str, Any]
"""The record fields that come from the columns Protocol, Flags, Type and St."""


def to_kind(protocol: int, flags: int, kind: int, state: int) -> Kind:
    """Return the record fields for the numbers of columns Protocol, Flags, Type and St of /proc/net/unix."""
    listening = state == SS_UNCONNECTED and bool(flags & SO_ACCEPTCON)
    word = STATES[state] if state < len(STATES) else f"UNKNOWN({state})"
    return {
        "protocol": "unix" if protocol == 0 else f"unknown({protocol})",
        "flags": sorted(to_flag_words(flags)),
        "flags_text": " ".join(letters for bit, (_, letters) in FLAGS.items() if flags & bit),
        "type": TYPES.get(kind, "unknown"),
        "state": "LISTENING" if listening else word,
        "listening": listening,
    }


def to_flag_words(flags: int) -> list[str]:
    """Return the word for each bit that is set, its hexadecimal value if there is none."""
    bits = [1 << position for position in range(flags.bit_length()) if flags >> position & 1]
    return [FLAGS[bit][0] if bit in FLAGS else f"{bit:#x}" for bit in bits]


Name = tuple["str | None", "bool | None"]
"""The record fields (path, abstract)."""

NAMELESS: Name = (None, None)


def to_record(kind: Kind, ref_count: int | None, inode: int, name: Name) -> Record:
    """Return a record of what /proc/net/unix has; fields that only unix_diag has are null."""
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
        "vnode": None,
        "has_peer": None,
    }
