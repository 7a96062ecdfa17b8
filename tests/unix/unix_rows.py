"""What a kernel shows of UNIX sockets, in /proc/net/unix and through unix_diag, and a system that shows only that."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netstat_core.errors import NotInKernel
from netstat_core.system import Machine, System

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netstat_core.plugin import File, NetlinkDump
    from netstat_core.system.capture import Owners

HEADER = b"Num       RefCount Protocol Flags    Type St Inode Path\n"
ESTABLISHED, CLOSED, LISTEN = 1, 7, 10
NAME, VNODE, PEER, QUEUES, SHUTDOWN, UID = 0, 1, 2, 4, 6, 7


@dataclass(frozen=True)
class Made:
    """A socket; ``name`` is that of unix_diag without a path's final NUL. Inode 0 is a connection that waits."""

    inode: int = 0
    name: bytes | None = None
    type: int = 1
    state: int = CLOSED
    ref_count: int = 2
    peer: int | None = None
    queues: tuple[int, int] | None = (0, 0)
    uid: int | None = None
    vnode: int | None = None

    @property
    def shown(self) -> bytes | None:
        """The name as procfs shows it."""
        is_abstract = self.name is not None and self.name.startswith(b"\0")
        return self.name.replace(b"\0", b"@") if self.name and is_abstract else self.name

    @property
    def row(self) -> bytes:
        """The row of /proc/net/unix, its line break included."""
        flags = 0x10000 if self.state == LISTEN else 0
        state = (3 if self.inode else 2) if self.state == ESTABLISHED else 1
        numbers = (self.inode ^ 0xABC, self.ref_count, flags, self.type, state, self.inode)
        row = b"%016x: %08X 00000000 %08X %04X %02X %5d" % numbers
        return row + b"\n" if self.shown is None else row + b" " + self.shown + b"\n"

    def message(self, order: str = "<") -> bytes:
        """The message of a dump."""
        body = struct.pack(f"{order}BBBBI8x", 1, self.type, self.state, 0, self.inode)
        if self.name is not None:
            body += attribute(order, NAME, self.name if self.name.startswith(b"\0") else self.name + b"\0")
        if self.vnode is not None:
            body += attribute(order, VNODE, struct.pack(f"{order}II", self.vnode, 0x800001))
        if self.peer is not None:
            body += attribute(order, PEER, struct.pack(f"{order}I", self.peer))
        if self.queues is not None:
            body += attribute(order, QUEUES, struct.pack(f"{order}II", *self.queues))
        body += attribute(order, SHUTDOWN, b"\0")
        if self.uid is not None:
            body += attribute(order, UID, struct.pack(f"{order}I", self.uid))
        return struct.pack(f"{order}IHHII", 16 + len(body), 20, 2, 1, 1) + body


def attribute(order: str, kind: int, payload: bytes) -> bytes:
    """One netlink attribute, padded."""
    return struct.pack(f"{order}HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def listing(sockets: Iterable[Made]) -> bytes:
    """The file /proc/net/unix of some sockets."""
    return HEADER + b"".join(one.row for one in sockets)


def dump(sockets: Iterable[Made], order: str = "<") -> list[bytes]:
    """The dump of some sockets, three a datagram; without those that have no inode, as the kernel does it."""
    messages = [one.message(order) for one in sockets if one.inode]
    return [b"".join(messages[start : start + 3]) for start in range(0, len(messages), 3)]


class Crafted(System):
    """A system whose /proc/net/unix and dump are given; None is what it does not have."""

    def __init__(
        self, file: bytes | None = None, datagrams: list[bytes] | None = None, byte_order: str = "little"
    ) -> None:
        self.file = file
        self.datagrams = datagrams
        self.machine = Machine(byte_order=byte_order, live=False)

    def read(self, file: File) -> bytes:
        """The one file."""
        if self.file is None or file.path != "/proc/net/unix":
            raise NotInKernel(file.name, "No such file or directory", 2)
        return self.file

    def dump(self, request: NetlinkDump) -> Iterator[bytes]:
        """The one dump."""
        if self.datagrams is None or request.name != "sock_diag/unix":
            raise NotInKernel(request.name, "No such file or directory", 2)
        yield from self.datagrams

    def find_owners(self, *, descriptors: bool = False) -> Owners:
        """No processes."""
        raise NotInKernel("/proc", "No such file or directory", 2)
