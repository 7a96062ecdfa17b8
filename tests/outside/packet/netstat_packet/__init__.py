"""The packet family: sockets that see every frame, from /proc/net/packet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal, TypedDict

from netstat_core.plugin import About, Column, Field, File, Problem, Reader, Record, feed, hookimpl, plain_table

API = 0


class PacketSocket(TypedDict):
    """A socket that sees every frame of one protocol."""

    family: Annotated[Literal["packet"], Field("Address family")]
    ethertype: Annotated[int, Field("The protocol of the frames; 3 is all", minimum=0)]
    ifindex: Annotated[int, Field("The interface; 0 is all", minimum=0)]
    inode: Annotated[int, Field("The socket's inode", minimum=0)]


def parse(_about: About, content: bytes) -> Iterator[Record | Problem]:
    """The rows of the file: address, references, type, protocol, interface, running, memory, user, inode."""
    for number, line in enumerate(content.splitlines()[1:], 2):
        words = line.split()
        try:
            ethertype, ifindex, inode = int(words[3], 16), int(words[4]), int(words[8])
        except (IndexError, ValueError):
            yield Problem("/proc/net/packet", "a row needs nine numbers", line, number)
        else:
            yield {"family": "packet", "ethertype": ethertype, "ifindex": ifindex, "inode": inode}


@hookimpl
def netstat_readers() -> Iterable[Reader]:
    """The only reader."""
    columns = (
        Column("Type", field="ethertype", width=6, align="right"),
        Column("Iface", field="ifindex", width=6, align="right"),
    )
    return [
        Reader(
            name="packet",
            table="sockets",
            position=910,
            families=("packet",),
            kind="packet.socket",
            record=PacketSocket,
            feeds=(feed("procfs", File("/proc/net/packet"), parse=parse),),
            layouts={"net-tools": plain_table("packet", "Active packet sockets", columns)},
        )
    ]
