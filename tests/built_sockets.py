"""Snapshots built of netlink messages, for kinds of sockets that this kernel has not, or that hold still."""

from __future__ import annotations

import struct
from socket import AF_INET, AF_INET6, inet_pton
from typing import TYPE_CHECKING

from netstat_core import Query, collect
from netstat_core.errors import NotInKernel
from netstat_core.query import EXTRA_FIELDS
from netstat_core.system import Machine, System
from netstat_core.system.recording import RecordingSystem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from netstat_core.plugin import File, NetlinkDump
    from netstat_core.system.capture import Owners

SOCK_DIAG_BY_FAMILY = 20
INFO, MEMORY, V6_ONLY, LOCALS, PEERS = 2, 7, 11, 12, 13
NAME, VFS, PEER, QUEUES = 0, 1, 2, 4
ESTABLISHED, CLOSE, LISTEN = 1, 7, 10
STREAM, DGRAM, SEQPACKET = 1, 2, 5


class Built(System):
    """A system that has some files, and some dumps by the name of their source."""

    def __init__(self, files: Mapping[str, bytes], dumps: Mapping[str, Sequence[bytes]]) -> None:
        self.files = files
        self.dumps = dumps
        self.machine = Machine(live=False)

    def read(self, file: File) -> bytes:
        """Return a file's content."""
        if file.path not in self.files:
            raise NotInKernel(file.name, "No such file or directory", 2)
        return self.files[file.path]

    def dump(self, request: NetlinkDump) -> Iterator[bytes]:
        """Yield a dump, whatever it is asked for."""
        if request.name not in self.dumps:
            raise NotInKernel(request.name, "No such file or directory", 2)
        yield from self.dumps[request.name]

    def find_owners(self, *, descriptors: bool = False) -> Owners:
        """Find no processes."""
        raise NotInKernel("/proc", "No such file or directory", 2)


def write_snapshot(name: str, folder: Path) -> Path:
    """Write a snapshot of all sockets of a built system, and return its folder."""
    for path, content in make_snapshot(name).items():
        file = folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


def make_snapshot(name: str) -> dict[str, bytes]:
    """Return the contents of a snapshot of all sockets of a built system by path, as a capture makes it."""
    recording = RecordingSystem(BUILT[name])
    collect(Query(tables=("sockets",), show="all", bound=True, extra_fields=(*EXTRA_FIELDS,)), recording)
    return {f"/{path}": content for path, content in recording.to_tree({}).items()}


def attribute(kind: int, payload: bytes) -> bytes:
    """Return a netlink attribute, padded."""
    return struct.pack("<HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def message(body: bytes) -> bytes:
    """Return a message of sock_diag."""
    return struct.pack("<IHHII", 16 + len(body), SOCK_DIAG_BY_FAMILY, 2, 1, 1) + body


def storage(address: str) -> bytes:
    """Return an address as struct sockaddr_storage."""
    if ":" in address:
        return struct.pack("<HHI", AF_INET6, 0, 0) + inet_pton(AF_INET6, address) + bytes(104)
    return struct.pack("<HH", AF_INET, 0) + inet_pton(AF_INET, address) + bytes(120)


def sctp(  # noqa: PLR0913 - the columns of a socket
    state: int,
    ports: tuple[int, int],
    local: str,
    peers: str = "",
    *,
    inode: int,
    queues: tuple[int, int] = (0, 0),
    info: bytes = bytes(368),
    buffer: int = 212992,
) -> bytes:
    """Return the message of an SCTP endpoint, or of an association if it has peers; ``queues`` are those in and out."""
    family = AF_INET6 if ":" in local else AF_INET
    fixed = struct.pack("<BBBB", family, state, 0, 0) + struct.pack(">HH", *ports) + bytes(32)
    fixed += struct.pack("<I8x5I", 0, 0, *queues, 0, inode)
    more = attribute(INFO, info) + attribute(MEMORY, struct.pack("<9I", 0, buffer, *[0] * 7))
    more += attribute(LOCALS, b"".join(map(storage, local.split())))
    return message(fixed + more + (attribute(PEERS, b"".join(map(storage, peers.split()))) if peers else b""))


def sctp_info(windows: tuple[int, int], streams: tuple[int, int], primary: str, state: int = 2) -> bytes:
    """Return struct sctp_info; ``windows`` are the own one and the peer's, ``streams`` those in and out."""
    start = struct.pack("<8xI4xHH24xI120x", windows[0], *streams, windows[1])
    return start + storage(primary) + struct.pack("<i68x", state)


ASSOCS = (
    b" ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS HBINT INS "
    b"OUTS MAXRT T1X T2X RTXC wmema wmemq sndbuf rcvbuf\n"
    b"417fe531 4838dae2 0   10  3  0       8     1200      472     118 511 2905  40001  10.1.0.1 10.2.0.1 <-> "
    b"10.1.0.9 *10.2.0.9 10.3.0.9 \t    7500     5    10   10    0    0        0        1        0   212992   212992\n"
)
REMADDR = b"""\
ADDR ASSOC_ID HB_ACT RTO MAX_PATH_RTX REM_ADDR_RTX START STATE
10.1.0.9  8 1 750 5 0 0 2
10.2.0.9  8 1 750 5 0 0 2
10.3.0.9  8 1 60000 5 9 0 0
"""
SCTP = Built(
    {"/proc/net/sctp/assocs": ASSOCS, "/proc/net/sctp/remaddr": REMADDR},
    {
        "sock_diag/sctp": [
            sctp(LISTEN, (2905, 0), "10.1.0.1 10.2.0.1", inode=501, queues=(0, 5)),
            sctp(CLOSE, (40000, 0), "0.0.0.0", inode=502, buffer=4096),
            sctp(ESTABLISHED, (2905, 0), "10.1.0.1 10.2.0.1", inode=511),
            sctp(
                3,
                (2905, 40001),
                "10.1.0.1 10.2.0.1",
                "10.1.0.9 10.2.0.9 10.3.0.9",
                inode=511,
                queues=(472, 1200),
                info=sctp_info((106496, 65535), (5, 10), "10.2.0.9"),
            ),
            sctp(
                1, (32850, 5), "10.1.0.1", "10.1.0.99", inode=512, info=sctp_info((1500, 0), (0, 10), "10.1.0.99", -1)
            ),
            sctp(9, (7, 8), "10.1.0.1", "10.1.0.9", inode=514, info=b""),
        ],
        "sock_diag/sctp6": [
            sctp(
                5,
                (5000, 6000),
                "fd00::1",
                "fd00::2 fd00::3",
                inode=513,
                info=sctp_info((0, 4294967295), (10, 65535), "fd00::3", 0),
            )
        ],
    },
)
"""A listener, a closed endpoint, one of an association, and associations, one in an unknown state."""


def unix(  # noqa: PLR0913 - the columns of a socket
    inode: int,
    kind: int,
    state: int,
    name: bytes = b"",
    *,
    vnode: int | None = None,
    peer: int | None = None,
    waiting: int = 0,
) -> tuple[bytes, bytes]:
    """Return the row and the message of a UNIX socket; without an inode it is a connection that waits, in no dump."""
    flags = 0x10000 if state == LISTEN else 0
    shown = (3 if inode else 2) if state == ESTABLISHED else 1
    row = b"%016x: %08X 00000000 %08X %04X %02X %5d" % (inode, 2, flags, kind, shown, inode)
    row += (b" " + (name.replace(b"\0", b"@")) if name else b"") + b"\n"
    body = struct.pack("<BBBBI8x", 1, kind, state, 0, inode)
    body += attribute(NAME, name if name[0] == 0 else name + b"\0") if name else b""
    body += b"" if vnode is None else attribute(VFS, struct.pack("<II", vnode, 0x800001))
    body += b"" if peer is None else attribute(PEER, struct.pack("<I", peer))
    body += attribute(QUEUES, struct.pack("<II", waiting, 0))
    return row, message(body) if inode else b""


UNIX_ROWS = (
    unix(0x1A01, STREAM, LISTEN, b"/run/a.sock", vnode=0x12AB, waiting=1),
    unix(0x1A02, STREAM, ESTABLISHED, b"/run/a.sock", vnode=0x12AB, peer=0x1A03),
    unix(0x1A03, STREAM, ESTABLISHED, peer=0x1A02),
    unix(0x1A04, STREAM, ESTABLISHED, peer=0x1A05),
    unix(0x1A05, STREAM, ESTABLISHED, peer=0x1A04),
    unix(0x1A07, DGRAM, CLOSE, peer=0x1A06),
    unix(0x1A06, DGRAM, CLOSE, b"\0two\0nuls\0"),
    unix(0x1A08, SEQPACKET, ESTABLISHED, b"/tmp/new\nline", vnode=0xFFFFFFFF, peer=9999),
    unix(0x1A09, STREAM, ESTABLISHED, peer=0),
    unix(0, STREAM, ESTABLISHED, b"/run/a.sock"),
    unix(0x1A0A, DGRAM, ESTABLISHED, b"/dev/log"),
)
UNIX = Built(
    {
        "/proc/net/unix": b"Num       RefCount Protocol Flags    Type St Inode Path\n"
        + b"".join(row for row, _ in UNIX_ROWS)
    },
    {"sock_diag/unix": [one for _, one in UNIX_ROWS if one]},
)
"""A listener with two connections, one not accepted; pairs of each kind; peers that are elsewhere, closed or none."""


def inet(  # noqa: PLR0913 - the columns of a socket
    state: int,
    local: str,
    remote: str = "",
    *,
    queues: tuple[int, int] = (0, 0),
    info: bytes | None = None,
    buffer: int | None = 131072,
    v6_only: bool | None = None,
    device: int = 0,
) -> bytes:
    """Return the message of a socket of TCP or UDP; each end is written ``ADDRESS PORT``, as ``127.0.0.1 22``.

    ``queues`` are those in and out. Without an ``info`` or a ``buffer`` the message lacks the attribute.
    """
    near, far = local.split(), (remote or f"{'::' if ':' in local else '0.0.0.0'} 0").split()
    family = AF_INET6 if ":" in near[0] else AF_INET
    ports = struct.pack(">HH", int(near[1]), int(far[1]))
    addresses = b"".join(inet_pton(family, end[0]).ljust(16, b"\0") for end in (near, far))
    fixed = struct.pack("<BBBB", family, state, 0, 0) + ports + addresses
    fixed += struct.pack("<I8x5I", device, 0, *queues, 0, int(near[1]) + 1)
    more = b"" if v6_only is None else attribute(V6_ONLY, bytes([v6_only]))
    more += b"" if buffer is None else attribute(MEMORY, struct.pack("<9I", 0, buffer, *[0] * 7))
    return message(fixed + more + (b"" if info is None else attribute(INFO, info)))


def tcp_info(  # noqa: PLR0913 - the members of a struct
    windows: tuple[int, int] = (0, 0),
    *,
    limit: int = 0,
    rto: int = 204864,
    mss: int = 1448,
    unsent: int = 0,
    size: int = 248,
) -> bytes:
    """Return struct tcp_info of Linux 6.7; ``windows`` are the peer's and the own one. Older ones are shorter."""
    members = {8: rto, 16: mss, 64: limit, 144: unsent, 228: windows[0], 232: windows[1]}
    whole = bytearray(248)
    for offset, value in members.items():
        struct.pack_into("<I", whole, offset, value)
    return bytes(whole[:size])


LISTENING = bytes([LISTEN]).ljust(248, b"\0")
"""struct tcp_info of a socket that listens."""

NO_ANSWER = {"buffer": None}
"""What a socket has of which no struct sock is left, or not yet there."""

TCP = Built(
    {},
    {
        "sock_diag/tcp": [
            inet(LISTEN, "0.0.0.0 22", queues=(0, 128), info=LISTENING),
            inet(LISTEN, "127.0.0.1 631", queues=(3, 5), info=LISTENING, buffer=87380),
            inet(CLOSE, "10.0.0.5 7000"),
            inet(
                ESTABLISHED,
                "10.0.0.5 22",
                "10.0.0.9 50000",
                queues=(0, 300),
                info=tcp_info((64128, 65535), unsent=100),
            ),
            inet(ESTABLISHED, "10.0.0.5 22", "10.0.0.9 50002", info=tcp_info((501, 0), limit=29200, size=232)),
            inet(ESTABLISHED, "10.0.0.5 22", "10.0.0.9 50003", queues=(52, 0), info=tcp_info(limit=28960, size=192)),
            inet(
                2,
                "10.0.0.5 40000",
                "192.0.2.1 80",
                queues=(0, 1),
                info=tcp_info((0, 64240), rto=1000000, mss=524),
            ),
            inet(3, "10.0.0.5 22", "10.0.0.9 50001", **NO_ANSWER),
            inet(4, "10.0.0.5 22", "10.0.0.9 50004", queues=(0, 1), info=tcp_info((1064800, 1055864))),
            inet(5, "10.0.0.5 22", "10.0.0.9 50005", **NO_ANSWER),
            inet(6, "10.0.0.5 22", "10.0.0.9 50006", **NO_ANSWER),
            inet(8, "10.0.0.5 22", "10.0.0.9 50008", queues=(11, 0), info=tcp_info((64128, 65535))),
            inet(9, "10.0.0.5 22", "10.0.0.9 50009", queues=(1, 1), info=tcp_info((64128, 65535), rto=408000)),
            inet(11, "192.168.100.105 22", "192.168.100.109 50011", queues=(1, 1), info=tcp_info((64128, 65535))),
            inet(14, "10.0.0.5 22", "10.0.0.9 50014", **NO_ANSWER),
        ],
        "sock_diag/tcp6": [
            inet(LISTEN, ":: 22", queues=(0, 128), info=LISTENING, v6_only=True),
            inet(LISTEN, ":: 80", queues=(0, 511), info=LISTENING, v6_only=False),
            inet(CLOSE, ":: 7001", v6_only=False),
            inet(LISTEN, "::1 25", queues=(0, 100), info=LISTENING, v6_only=False),
            inet(ESTABLISHED, "::ffff:10.0.0.5 80", "::ffff:10.0.0.7 1234", info=tcp_info((64256, 64128))),
            inet(
                ESTABLISHED,
                "fe80::1 22",
                "fe80::2 5000",
                queues=(0, 48),
                info=tcp_info((65536, 65464)),
                device=3,
            ),
            inet(6, "fd00:9::1 443", "fd00:9::beef 50014", **NO_ANSWER),
        ],
    },
)
"""Every state, windows of kernels of several ages, and sockets of IPv6 that take IPv4 or do not."""

UDP = Built(
    {},
    {
        "sock_diag/udp": [
            inet(CLOSE, "0.0.0.0 68"),
            inet(ESTABLISHED, "192.168.1.10 5000", "192.168.1.99 53"),
            inet(CLOSE, "127.0.0.1 323"),
        ],
        "sock_diag/udp6": [
            inet(CLOSE, ":: 53", v6_only=False),
            inet(CLOSE, ":: 123", v6_only=True),
            inet(ESTABLISHED, "::ffff:10.0.0.5 6000", "::ffff:10.0.0.7 514"),
            inet(ESTABLISHED, "fe80::1 546", "fe80::2 547", device=3),
            inet(2, "fd00::10 9", "fd00::1 7"),
        ],
    },
)
"""Sockets with a peer and without one, and one in a state that UDP has not."""

BUILT = {"sctp": SCTP, "unix": UNIX, "tcp": TCP, "udp": UDP}
