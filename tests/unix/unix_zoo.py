"""UNIX sockets of one sort, held until standard input closes: `python unix_zoo.py SORT DIRECTORY`.

Writes the inode and the name of each socket to `sockets.json` in the directory, then prints `ready`.
"""

from __future__ import annotations

import itertools
import json
import os
import select
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

STREAM, DGRAM, SEQPACKET = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET
VICTIM = b"victim"
FORGED = 99
"""The reference count of forged rows."""

HELD: list[tuple[socket.socket, bytes | None]] = []


def keep(kind: int = STREAM, name: bytes | None = None, backlog: int | None = None) -> socket.socket:
    """Make a socket that stays open, bound and listening if wanted."""
    made = socket.socket(socket.AF_UNIX, kind)
    HELD.append((made, name))
    if name is not None:
        made.bind(name)
    if backlog is not None:
        made.listen(backlog)
    return made


def connect(name: bytes, kind: int = STREAM) -> socket.socket:
    """Make a socket that is connected to a name."""
    made = keep(kind)
    made.connect(name)
    return made


def inode(made: socket.socket) -> int:
    """Return a socket's inode."""
    return os.fstat(made.fileno()).st_ino


def tame() -> None:
    """Every type and state, and names that netstat shows whole."""
    for kind, name in ((STREAM, b"stream"), (SEQPACKET, b"\0seqpacket")):
        listener = keep(kind, name, 4)
        connect(name, kind).send(b"never read")
        HELD.append((listener.accept()[0], name))
        connect(name, kind)
        connect(name, kind)
    keep(DGRAM, b"dgram")
    connect(b"dgram", DGRAM).send(b"five!")
    for kind in (STREAM, DGRAM, SEQPACKET, socket.SOCK_RAW):
        HELD.extend((one, None) for one in socket.socketpair(socket.AF_UNIX, kind))
        keep(kind)
    for name in (b"\0two\0nuls\0", b"\0@at", b"\0", b"@path", b"x" * 107, b"\0" + b"y" * 107, "caf\u00e9".encode()):
        keep(DGRAM, name)
    keep(STREAM, b"bound")
    keep(STREAM).bind(b"")


def hostile() -> None:
    """Names of bytes that break lines, columns or text, some of them rows that claim to be others."""
    victim = keep(STREAM, VICTIM, 5)
    connect(VICTIM)
    connect(VICTIM)
    for flags, state, number, name in (
        (0x10000, 1, inode(victim), b"forged"),
        (0, 3, 424242, b"forged"),
        (0, 2, 0, VICTIM),
        (0, 1, inode(victim), VICTIM),
    ):
        row = b"0000000000000000: %08X 00000000 %08X 0001 %02X %5d %b" % (FORGED, flags, state, number, name)
        for prefix, suffix in ((b"%d\n" % flags, b"%x" % number), (b"\0x%d%d\n" % (state, flags), b"\n")):
            keep(STREAM, prefix + row + suffix)
            keep(STREAM, prefix[:1] + b"\n" + prefix[1:] + row)
    for name in (
        b"\n",
        b"\0\n",
        b"end\n\n",
        b" lead",
        b"trail ",
        b"tab\tcr\rvt\x0b",
        b"\xff\xfe\x80",
        b"\\x41\\",
        b"\x1b[2J",
    ):
        keep(DGRAM, name)
    for name in (b"multi\nline", b"\0multi\n\nline\0"):
        keep(STREAM, name, 5)
        connect(name)
        connect(name)


def blocked() -> None:
    """A connect() that waits because the listener's queue is full."""
    keep(STREAM, b"full", 0)
    connect(b"full")
    if not os.fork():
        with suppress(ConnectionRefusedError):
            socket.socket(socket.AF_UNIX).connect(b"full")
        os._exit(0)
    while b" 04     0\n" not in Path("/proc/net/unix").read_bytes():
        select.select([], [], [], 0.01)


def stable() -> list[bytes]:
    """Sockets that stay while others come and go; rows that would fake them."""
    listener = keep(STREAM, b"\0" + VICTIM, 5)
    connect(b"\0" + VICTIM)
    connect(b"\0" + VICTIM)
    for number in range(150):
        keep(STREAM, b"\0stays-%d" % number if number % 3 else None)
    template = b"0: %08X 00000000 %08X 0001 %02X %5d %b"
    return [
        template % (FORGED, 0x10000, 1, inode(listener), b"@" + VICTIM),
        template % (FORGED, 0, 1, inode(HELD[-1][0]), b"x"),
        template % (FORGED, 0, 2, 0, b"@" + VICTIM),
        template % (FORGED, 0, 3, 4242, b"\n\n"),
    ]


def come_and_go(rows: list[bytes], started: Callable[[], None]) -> None:
    """Make and close sockets with hostile names without a pause, until standard input closes."""
    started()
    for number, row in enumerate(itertools.cycle(rows)):
        passing = [socket.socket(socket.AF_UNIX) for _ in range(4)]
        for place, one in enumerate(passing):
            one.bind(b"\0%d.%d\n%b" % (number, place, row))
        for one in passing:
            one.close()
        if select.select([sys.stdin], [], [], 0)[0]:
            return


def report() -> None:
    """Tell what there is, once it is there."""
    held = [{"inode": inode(made), "name": None if name is None else name.hex()} for made, name in HELD]
    Path("sockets.json").write_text(json.dumps(held))
    print("ready", flush=True)


def main() -> None:
    """Make the sort that was asked for, and hold it."""
    sort, directory = sys.argv[1:]
    os.chdir(directory)
    if sort == "churn":
        come_and_go(stable(), report)
        return
    {"tame": tame, "hostile": hostile, "blocked": blocked}[sort]()
    report()
    sys.stdin.read()


if __name__ == "__main__":
    main()
