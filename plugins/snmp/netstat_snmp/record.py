"""Records of counters and of socket memory."""

from __future__ import annotations

from typing import Annotated, TypedDict

from netstat_core.plugin import GREATEST_INTEGER, LEAST_INTEGER, Bytes, Count, Field, InterfaceName

Counter = Annotated[
    int | None, Field("Value; null if the kernel gives none", minimum=LEAST_INTEGER, maximum=GREATEST_INTEGER)
]
"""The type of counters: 64 bits, mostly unsigned; a few settings are signed (MaxConn is -1)."""


class Statistics(TypedDict):
    """The counters of one section of the kernel's network statistics; a repeated section is a further record."""

    section: Annotated[
        str,
        Field("Title given by the kernel or netstat (Ip, TcpExt, Ip6, Sctp), else the name of the file", mark="word"),
    ]
    interface: Annotated[InterfaceName | None, Field("Interface of the counters; null for all", mark="interface")]
    counters: Annotated[dict[str, Counter], Field("Values by the kernel's names, in the kernel's order", mark="word")]


class Memory(TypedDict):
    """The sockets of one protocol and the memory they use; memory is counted for the whole machine."""

    name: Annotated[
        str, Field("The kernel's name of the protocol, as in /proc/net/protocols; sockets for all", mark="word")
    ]
    family: Annotated[str | None, Field("Address family; null if the protocol belongs to none or several", mark="word")]
    protocol: Annotated[
        str | None, Field("Protocol as in the records of its sockets; null if there are none", mark="word")
    ]
    sockets: Annotated[Count | None, Field("Sockets in use in this network namespace", minimum=0)]
    orphans: Annotated[Count | None, Field("Sockets that no process holds any more, on the whole machine", minimum=0)]
    time_wait: Annotated[Count | None, Field("Connections in TIME_WAIT in this network namespace", minimum=0)]
    allocated: Annotated[Count | None, Field("Allocated sockets, on the whole machine", minimum=0)]
    memory_pages: Annotated[
        Count | None, Field("Pages of buffers charged to the protocol, for both IP versions together", minimum=0)
    ]
    memory_bytes: Annotated[Bytes | None, Field("FRAG: memory of fragments that wait for reassembly", minimum=0)]
    pressure: Annotated[
        bool | None, Field("Whether the protocol is under memory pressure; null if it does not account for memory")
    ]
    socket_bytes: Annotated[Bytes | None, Field("Size of one socket object", minimum=0)]
    header_bytes: Annotated[Bytes | None, Field("Largest size of its headers in a packet", minimum=0)]
    slab: Annotated[bool | None, Field("Whether it has its own slab cache")]
    module: Annotated[str | None, Field("Kernel module of the protocol; kernel if it is built in", mark="word")]
    others: Annotated[
        dict[str, Counter], Field("Numbers in /proc/net/sockstat whose keys have no field here", mark="word")
    ]
