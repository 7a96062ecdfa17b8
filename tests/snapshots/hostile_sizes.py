"""Snapshots that are small, or no larger than the limits, and made to take much more memory or time to replay."""

from __future__ import annotations

import base64
import bz2
import gzip
import json
import lzma
import struct
import tarfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from netstat_core.system import capture

ROW = (
    b"   0: 0100007F:%04X 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 %d 1 "
    b"0000000000000000 100 0 0 10 0\n"
)
TCP = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
DEV = (
    b"Inter-|   Receive                                                |  Transmit\n"
    b" face |bytes    packets errs drop fifo frame compressed multicast"
    b"|bytes    packets errs drop fifo colls carrier compressed\n"
)
SOCKETS = {"name": "sock_diag/tcp", "protocol": 4, "type": 20, "body": ""}


class Hostile(NamedTuple):
    """A snapshot as bytes, its size when it is unpacked, and the options to replay it with."""

    content: bytes
    size: int
    options: tuple[str, ...] = ("-tan", "--json")


def text(tree: Mapping[str, bytes], *options: str) -> Hostile:
    """Return packed text."""
    index = json.dumps([[name, len(tree[name])] for name in tree]).encode()
    whole = b"\n".join([index, b"".join(tree.values())])
    packed = capture.MARK.encode() + base64.b64encode(zlib.compress(whole, 6))
    return Hostile(packed, len(whole), options or Hostile._field_defaults["options"])


def archive(content: bytes, pack: Callable[[bytes], bytes] = gzip.compress, *options: str) -> Hostile:
    """Return a packed tar."""
    return Hostile(pack(content), len(content), options or Hostile._field_defaults["options"])


def told(**more: Any) -> dict[str, bytes]:
    """Return a tree with a description and one socket."""
    about: dict[str, Any] = {
        "capture": 1,
        "hostname": "h",
        "kernel_release": "6.1",
        "byte_order": "little",
        "names": {},
        "network_namespace": {"inode": 1, "name": None},
        "asked": [{"path": "/proc/net/tcp"}],
        "failed": {},
        "netlink": [],
        "owners": None,
        "procfs": True,
        **more,
    }
    return {capture.DESCRIPTION: json.dumps(about, ensure_ascii=False).encode(), "proc/net/tcp": TCP + ROW % (80, 7)}


def places(count: int, **each: Any) -> list[dict[str, Any]]:
    """Return the descriptions of other network namespaces."""
    return [{"network_namespace": {"inode": 10 + number, "name": None}, **each} for number in range(count)]


EVERY = ("--all-netns", "--netns-limit", "99999", "--json")


def pax(*records: bytes) -> bytes:
    """Return the content of a pax header."""
    made = b""
    for record in records:
        size = len(record) + 2
        while size != len(b"%d %s\n" % (size, record)):
            size = len(b"%d %s\n" % (size, record))
        made += b"%d %s\n" % (size, record)
    return made


def member(path: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, size: int | None = None) -> bytes:
    """Return a member of a tar with its content."""
    header = tarfile.TarInfo(path)
    header.size = len(content) if size is None else size
    header.type = kind
    return header.tobuf(tarfile.USTAR_FORMAT) + content + bytes(-len(content) % tarfile.BLOCKSIZE)


GOOD = member("proc/net/tcp", TCP + ROW % (80, 7))
END = bytes(2 * tarfile.BLOCKSIZE)


def sparse_xz(content: bytes) -> bytes:
    """Return xz that asks for a dictionary of a quarter of a gigabyte."""
    chosen: dict[str, Any] = {"id": lzma.FILTER_LZMA2, "dict_size": 1 << 28, "mode": lzma.MODE_FAST}
    return lzma.compress(content, filters=[{**chosen, "mf": lzma.MF_HC3, "nice_len": 8, "depth": 1}])


def message(kind: int, body: bytes, *attributes: tuple[int, bytes]) -> bytes:
    """Return a netlink message."""
    body += b"".join(
        struct.pack("<HH", 4 + len(payload), number) + payload + bytes(-len(payload) % 4)
        for number, payload in attributes
    )
    return struct.pack("<IHHII", 16 + len(body), kind, 2, 1, 1) + body


def socket(*attributes: tuple[int, bytes]) -> bytes:
    """Return a message of struct inet_diag_msg."""
    return message(20, struct.pack("<BBBB", 2, 10, 0, 0) + bytes(68), *attributes)


def frames(*datagrams: bytes) -> bytes:
    """Return datagrams as a recording keeps them."""
    return b"".join(struct.pack(">I", len(datagram)) + datagram for datagram in datagrams)


def replies(reply: bytes, *options: str, names: int = 1, **more: Any) -> Hostile:
    """Return a snapshot whose dumps of sockets have one reply."""
    from netstat_inet import netlink_inet_diag as inet

    from netstat_core.plugin import Asked

    dumps: list[dict[str, Any]] = []
    for protocol, family in (("tcp", "inet"), ("tcp", "inet6")):
        asked = inet.request(protocol, family, Asked(("inet", "inet6")))
        for name, body in ((asked.name, asked.body), *asked.wider):
            dumps.append({"name": name, "protocol": 4, "type": 20, "body": body.hex(), "reply": "netlink/0"})
    return text({**told(netlink=dumps * names, **more), "netlink/0": reply}, *options)


def flood(path: str, row: bytes, count: int, *options: str, head: bytes = b"") -> Hostile:
    """Return a snapshot with a file of equal rows."""
    tree = {**told(asked=[{"path": f"/{path}"}]), path: head + row * count}
    return text(tree, *(options or ("--tables", "all", "--json")))


def interfaces(count: int) -> bytes:
    """Return rows of /proc/net/dev with short numbers."""
    return b"".join(b"e%x: %s\n" % (k, b" ".join([b"1"] * 16)) for k in range(count))


def _two_shapes(count: int) -> Hostile:
    one, two = socket((15, bytes(4))), socket((15, bytes(4)), (15, bytes(4)))
    whole = (one + two) * (count * 600)
    return replies(frames(*(whole[at : at + 188 * 600] for at in range(0, len(whole), 188 * 600))))


SIZES: dict[str, Callable[[int], Hostile]] = {
    "names x namespaces": lambda n: text(
        told(names={"users": {str(k): f"user{k}" for k in range(500 * n)}}, namespaces=places(500 * n)), *EVERY
    ),
    "names x namespaces, one chosen": lambda n: text(
        told(names={"users": {str(k): f"user{k}" for k in range(500 * n)}}, namespaces=places(500 * n)),
        *("--netns", "inode:9", "--json"),
    ),
    "namespaces x selectors": lambda n: text(
        told(namespaces=places(200 * n), selected={f"pid:{k}": k for k in range(2000)}),
        *(word for k in range(500) for word in ("--netns", f"inode:{k}")),
        "--json",
    ),
    "namespaces x files": lambda n: text(
        {**told(namespaces=places(100 * n)), **{f"namespaces/10/proc/net/x{k}": b"" for k in range(4000 * n)}},
        *EVERY,
        "--tables",
        "all",
    ),
    "namespaces x one reply": lambda n: replies(frames(*[socket() * 100] * n * 5), *EVERY, namespaces=places(200 * n)),
    "requests x one reply": lambda n: replies(frames(*[socket() * 100] * n * 20), names=1000 * n),
    "asked": lambda n: text(told(asked=[{"path": "/proc/net/tcp"}] * (20_000 * n))),
    "failed": lambda n: text(told(failed={f"/{k}": [2, "x"] for k in range(15_000 * n)})),
    "netlink": lambda n: text(told(netlink=[{**SOCKETS, "body": f"{k:x}"} for k in range(5_000 * n)])),
    "missed": lambda n: text(told(namespaces=[], missed=[["", "", "", 0, 0, 0]] * (4_000 * n)), *EVERY),
    "owners": lambda n: text(
        told(
            owners={"held": {"1": list(range(10**6, 10**6 + 12_000 * n))}, "descriptors": {"1": [[9]] * (12_000 * n)}}
        ),
        *("-tanp", "--json"),
    ),
    "processes": lambda n: text(
        told(owners={"held": {str(k): [7] for k in range(1, 10_000 * n)}}), *("-tanp", "--json")
    ),
    "values": lambda n: text(told(x=[{}] * (1_000_000 * n))),
    "texts": lambda n: text(told(x=["\U0001f600"] * (100_000 * n))),
    "objects": lambda n: text(told(x=[{"a": 1}] * (1_000_000 * n))),
    "long text": lambda n: text(told(hostname="\U0001f600\x9b" + "a" * (n << 22))),
    "long text, escaped": lambda n: text(
        {"capture.json": b'{"capture":1,"hostname":"\\ud83d\\ude00' + b'a\\"' * (n << 20) + b'"}'}
    ),
    "long digits": lambda n: text(told(hostname="1" * (n << 22))),
    "deep": lambda n: text({**told(), capture.DESCRIPTION: b'{"x":' + b"[" * (n << 20)}),
    "deep index": lambda n: Hostile(capture.MARK.encode() + base64.b64encode(zlib.compress(b"[" * (n << 20))), n << 20),
    "small files": lambda n: text({**told(), **{f"proc/{k}": b"" for k in range(16_000 * n)}}),
    "small members": lambda n: archive(GOOD + b"".join(member(f"proc/{k}") for k in range(10_000 * n)) + END),
    "members that are not wanted": lambda n: archive(
        GOOD + b"".join(member(f"a/b/c/{k}") for k in range(10_000 * n)) + END
    ),
    "folders": lambda n: archive(
        b"".join(member(f"{k}/proc/x") for k in range(10_000 * n)) + member("0/proc/net/tcp", TCP) + END
    ),
    "long paths": lambda n: archive(
        GOOD
        + b"".join(
            member("x", pax(b"path=proc/" + b"%d" % k + b"/a" * 1900), b"x") + member("y") for k in range(1_000 * n)
        )
        + END
    ),
    "links": lambda n: archive(GOOD + b"".join(member(f"proc/{k}", kind=b"2") for k in range(10_000 * n)) + END),
    "link loops": lambda n: archive(
        GOOD
        + b"".join(
            member("x", pax(b"linkpath=../%d" % (k + 1)), b"x") + member(f"proc/{k}", kind=b"2")
            for k in range(5_000 * n)
        )
        + member("x", pax(b"linkpath=net"), b"x")
        + member("proc/net", kind=b"2")
        + END
    ),
    "global headers": lambda n: archive(
        member("g", pax(*(b"k%d=%s" % (k, b"v" * 40) for k in range(1000))), b"g")
        + GOOD
        + b"".join(member(f"proc/{k}") for k in range(2_000 * n))
        + END
    ),
    "records of a header": lambda n: archive(member("x", b"5 a=\n" * (20_000 * n), b"x") + GOOD + END),
    "records without an end": lambda n: archive(member("x", b"1" * (50_000 * n), b"x") + GOOD + END),
    "long header": lambda n: archive(member("x", pax(b"path=" + b"a" * (n << 22)), b"x") + GOOD + END),
    "headers of headers": lambda n: archive(member("x", pax(b"path=proc/y"), b"x") * (5_000 * n) + GOOD + END),
    "contents": lambda n: archive(member("proc/net/tcp", bytes(n << 24)) + END),
    "xz": lambda n: archive(member("proc/net/tcp", bytes(n << 23)) + END, lzma.compress),
    "xz with a large dictionary": lambda n: archive(member("proc/net/tcp", bytes(n << 23)) + END, sparse_xz),
    "bzip2": lambda n: archive(member("proc/net/tcp", bytes(n << 23)) + END, bz2.compress),
    "two shapes": _two_shapes,
    "many attributes": lambda n: replies(frames(*[socket(*[(15, b"")] * 16_000)] * n * 4)),
    "one message": lambda n: replies(frames(socket(*[(15, b"")] * (1_000_000 * n)))),
    "small datagrams": lambda n: replies(frames(*[bytes(16)] * (50_000 * n))),
    "empty datagrams": lambda n: replies(frames(*[b""] * (400_000 * n))),
    "sockets": lambda n: replies(frames(*[socket() * 300] * n * 50)),
    "rows": lambda n: flood("proc/net/tcp", ROW % (80, 7), 20_000 * n, "-tan", "--json", head=TCP),
    "damaged rows": lambda n: flood("proc/net/tcp", b"x\n", 200_000 * n, "-tan", "--json", head=TCP),
    "empty rows": lambda n: flood("proc/net/tcp", b"\n", 400_000 * n, "-tan", "--json", head=TCP),
    "interfaces": lambda n: text(
        {**told(asked=[{"path": "/proc/net/dev"}]), "proc/net/dev": DEV + interfaces(40_000 * n)}, "-ia"
    ),
    "sections": lambda n: flood("proc/net/snmp", b"Ip: A B\nIp: 1 2\n", 100_000 * n, "-s", "--json"),
    "a long row": lambda n: flood("proc/net/tcp", b"a ", n << 22, head=TCP),
    "a long word": lambda n: flood("proc/net/tcp", b"a", n << 22, head=TCP),
    "damaged rows x namespaces": lambda n: text(
        {
            **told(namespaces=places(100 * n)),
            **{f"namespaces/{10 + k}/proc/net/tcp": TCP + b"x\n" * 1000 for k in range(100 * n)},
        },
        *EVERY,
        "-tan",
    ),
}
"""By name: what makes the snapshot for a factor."""
