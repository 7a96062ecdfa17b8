"""Run pynetstat over as many TCP sockets as asked for: the dump of this namespace, repeated.

``python replay_rows.py ROWS OPTION ...``: the datagrams are the kernel's own, taken once; the rest is as in any run.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from itertools import cycle

from netstat_core.cli.main import main
from netstat_core.plugin import NetlinkDump
from netstat_core.system.kernel import KernelSystem

DUMP = "sock_diag/tcp"
_LENGTH = struct.Struct("=I")


def count_messages(datagram: bytes) -> int:
    """Return the number of messages in a datagram."""
    start = number = 0
    while start < len(datagram):
        start += _LENGTH.unpack_from(datagram, start)[0] + 3 & ~3
        number += 1
    return number


def repeat_dump(rows: int) -> None:
    """Make every dump of TCP sockets over IPv4 have that many messages, and all other dumps of sockets none."""
    dump = KernelSystem.dump

    def repeated(system: KernelSystem, request: NetlinkDump) -> Iterator[memoryview | bytes]:
        if request.name == DUMP:
            datagrams = [bytes(datagram) for datagram in dump(system, request)]
            left = rows
            for datagram, number in cycle([(datagram, count_messages(datagram)) for datagram in datagrams]):
                if left < number:
                    return
                left -= number
                yield datagram
        elif not request.name.startswith("sock_diag/"):
            yield from dump(system, request)

    KernelSystem.dump = repeated  # type: ignore[method-assign]


if __name__ == "__main__":
    repeat_dump(int(sys.argv[1]))
    sys.argv[1:] = sys.argv[2:]
    sys.exit(main())
