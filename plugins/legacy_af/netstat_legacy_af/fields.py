"""Field types that are used in the records of several legacy families."""

from __future__ import annotations

from typing import Annotated, TypedDict

from netstat_core.plugin import Bytes, Field, Inode, InterfaceName, Uid

UNKNOWN = r"^UNKNOWN\([0-9]+\)$"
"""The pattern of the words for unknown numbers."""

Device = Annotated[InterfaceName | None, Field("Interface; null if there is none, or no longer", mark="interface")]
Callsign = Annotated[str, Field("Callsign with its SSID, as N0CALL-7", mark="name")]
StateNumber = Annotated[int, Field("The kernel's number for the state", minimum=0)]
SendSequence = Annotated[int, Field("V(S), the send state variable: number of the next frame to be sent", minimum=0)]
RecvSequence = Annotated[int, Field("V(R), the receive state variable: number of the frame expected next", minimum=0)]
AckedSequence = Annotated[
    int, Field("V(A), the acknowledge state variable: the oldest frame not acknowledged", minimum=0)
]
RecvQueue = Annotated[
    Bytes | None, Field("Bytes received and not yet read, with the kernel's overhead", never_null=True)
]
SendQueue = Annotated[
    Bytes | None,
    Field("Bytes sent or to be sent, not yet acknowledged, with the kernel's overhead", never_null=True),
]
Owner = Annotated[Uid | None, Field("User id of the socket's owner", never_null=True)]
UnreportedOwner = Annotated[
    Uid | None, Field("User id of the socket's owner; always null, since the kernel does not report it")
]
NeverListens = Annotated[bool, Field("Always false: these sockets wait for datagrams, not for connections")]
UnreportedInode = Annotated[
    Inode | None, Field("Inode of the socket; always null, since the kernel does not report it")
]
Ready = Annotated[bool, Field("Whether the state is LISTENING")]
Retries = Annotated[int, Field("Number of unanswered repetitions of the last frame", minimum=0)]
RetryLimit = Annotated[int, Field("N2: number of repetitions after which the link is closed", minimum=0)]
Window = Annotated[int, Field("Largest number of unacknowledged frames", minimum=0)]
PacketBytes = Annotated[int, Field("Largest number of data bytes in a frame (paclen)", minimum=0)]
RoundTrip = Annotated[int, Field("Smoothed round-trip time in seconds", minimum=0)]
Circuit = Annotated[int, Field("Logical channel identifier: number of the virtual circuit on its link", minimum=0)]
NeighbourNumber = Annotated[int, Field("Number of the neighbour in the table of neighbours", minimum=0)]
SocketInode = Annotated[
    Inode | None, Field("Inode of the socket; null if no process holds it or the kernel prints none")
]


class Countdown(TypedDict):
    """A timer: the time left, and the time it starts with."""

    left_seconds: Annotated[int, Field("Seconds until it expires; 0 if it is not running", minimum=0)]
    period_seconds: Annotated[int, Field("Seconds it starts with; 0 if it is not used", minimum=0)]
