"""The records of counters and of socket memory."""

from __future__ import annotations

from typing import Annotated, TypedDict

from netstat_core.plugin import GREATEST_INTEGER, LEAST_INTEGER, Bytes, Count, Field, InterfaceName

Counter = Annotated[
    int | None, Field("Value; null where the kernel tells none", minimum=LEAST_INTEGER, maximum=GREATEST_INTEGER)
]
"""What a counter can be: 64 bits, mostly unsigned; a few settings are signed (MaxConn is -1)."""


class Statistics(TypedDict):
    """The counters of one section of the kernel's network statistics; a section that repeats is a second record."""

    section: Annotated[
        str, Field("Title as the kernel or netstat gives it (Ip, TcpExt, Ip6, Sctp), else the name of the file")
    ]
    interface: Annotated[InterfaceName | None, Field("Interface that is counted; null for all", mark="interface")]
    counters: Annotated[dict[str, Counter], Field("Values by the kernel's names, in the kernel's order")]


class Memory(TypedDict):
    """What the sockets of one protocol are and hold; the numbers of memory are those of the whole machine."""

    name: Annotated[str, Field("The kernel's name of the protocol, as in /proc/net/protocols; sockets for all")]
    family: Annotated[str | None, Field("Address family; null where it serves none or several")]
    protocol: Annotated[str | None, Field("The word that the records of its sockets have for it")]
    sockets: Annotated[Count | None, Field("Sockets in use in this network namespace", minimum=0)]
    orphans: Annotated[Count | None, Field("Sockets no process holds any more, in the whole machine", minimum=0)]
    time_wait: Annotated[Count | None, Field("Connections in TIME_WAIT in this network namespace", minimum=0)]
    allocated: Annotated[Count | None, Field("Sockets that exist, in the whole machine", minimum=0)]
    memory_pages: Annotated[
        Count | None, Field("Pages of buffers charged to the protocol, for both IP versions together", minimum=0)
    ]
    memory_bytes: Annotated[Bytes | None, Field("FRAG: memory of fragments that wait to be reassembled", minimum=0)]
    pressure: Annotated[bool | None, Field("The protocol is short of memory; null where it does not look")]
    socket_bytes: Annotated[Bytes | None, Field("Size of one socket object", minimum=0)]
    header_bytes: Annotated[Bytes | None, Field("Most room that its headers take in a packet", minimum=0)]
    slab: Annotated[bool | None, Field("Has a slab cache of its own")]
    module: Annotated[str | None, Field("Kernel module it lives in; kernel where it is built in")]
    others: Annotated[dict[str, Counter], Field("Numbers of /proc/net/sockstat under names not known here")]
