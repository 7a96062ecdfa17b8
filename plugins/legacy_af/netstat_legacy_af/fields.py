"""Field types that the records of several legacy families share."""

from __future__ import annotations

from typing import Annotated, TypedDict

from netstat_core.plugin import Bytes, Field, Inode, InterfaceName, Uid

UNKNOWN = r"^UNKNOWN\([0-9]+\)$"
"""The state words for numbers out of range."""

Device = Annotated[InterfaceName | None, Field("Interface; null where it has none, or no longer", mark="interface")]
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
Untold = Annotated[Uid | None, Field("User id of the socket's owner; null, for the kernel does not tell")]
NeverListens = Annotated[bool, Field("False: its sockets wait for datagrams, not for connections")]
UntoldInode = Annotated[Inode | None, Field("Inode of the socket; null, for the kernel does not tell")]
Ready = Annotated[bool, Field("Whether the state is LISTENING")]
Retries = Annotated[int, Field("How often the last frame was repeated without an answer", minimum=0)]
RetryLimit = Annotated[int, Field("N2: after so many repetitions the link is given up", minimum=0)]
Window = Annotated[int, Field("Most frames that may be on their way without an acknowledgement", minimum=0)]
PacketBytes = Annotated[int, Field("Most bytes of data in a frame (paclen)", minimum=0)]
RoundTrip = Annotated[int, Field("Round trip time, smoothed, in seconds", minimum=0)]
Circuit = Annotated[int, Field("Logical channel identifier: number of the virtual circuit on its link", minimum=0)]
NeighbourNumber = Annotated[int, Field("Number of the neighbour in the table of neighbours", minimum=0)]
SocketInode = Annotated[
    Inode | None, Field("Inode of the socket; null where no process has it or the kernel prints none")
]


class Countdown(TypedDict):
    """A timer: what is left of it and what it starts with."""

    left_seconds: Annotated[int, Field("Seconds until it fires; 0 while it does not run", minimum=0)]
    period_seconds: Annotated[int, Field("Seconds it is started with; 0 where it is not used", minimum=0)]
