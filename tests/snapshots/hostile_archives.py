"""Archives and packed texts that no capture would make."""

from __future__ import annotations

import base64
import gzip
import io
import json
import tarfile
import zlib
from collections.abc import Mapping

from netstat_core.system import capture

TCP = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
GOOD = {"proc/net/tcp": TCP}


def tar(files: Mapping[str, bytes], *members: tarfile.TarInfo) -> bytes:
    """Return a tar of files, with further members that have no content."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for member in members:
            archive.addfile(member)
    return out.getvalue()


def member(path: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """Return a member of some type."""
    made = tarfile.TarInfo(path)
    made.type = kind
    made.linkname = target
    return made


def packed(content: bytes) -> bytes:
    """Return packed text around any content."""
    return capture.MARK.encode() + base64.b64encode(zlib.compress(content, 9))


def gzip_bomb(size: int) -> bytes:
    """Return a tar with a file of a given size, small when compressed."""
    header = tarfile.TarInfo("proc/net/tcp")
    header.size = size
    return gzip.compress(header.tobuf() + bytes(size), 1)


def described(**facts: object) -> dict[str, bytes]:
    """Return contents with a description."""
    return {**GOOD, capture.DESCRIPTION: json.dumps(facts).encode()}


GOOD_TEXT = capture.pack(GOOD).encode()

REFUSED: dict[str, bytes] = {
    "nothing": b"",
    "garbage": bytes(range(256)) * 8,
    "text": b"not a snapshot\n",
    "half a tar": tar(GOOD)[:700],
    "half a gzip": gzip.compress(tar(GOOD))[:40],
    "half a text": GOOD_TEXT[: len(GOOD_TEXT) // 2],
    "another mark": GOOD_TEXT.replace(b"/1:", b"/2:"),
    "no base64": GOOD_TEXT[:-8] + b"\xff\xff\xff\xff",
    "trailing bytes": packed(b'[["proc/net/tcp", 1]]\nab'),
    "missing bytes": packed(b'[["proc/net/tcp", 3]]\nab'),
    "negative size": packed(b'[["proc/net/tcp", -1]]\nab'),
    "no list": packed(b'{"proc/net/tcp": 2}\nab'),
    "deep list": packed(b"[" * 100_000 + b"\n"),
    "path upwards": packed(b'[["proc/../../etc/passwd", 2]]\nab'),
    "absolute path": packed(b'[["/etc/passwd", 2]]\nab'),
    "tar upwards": tar({**GOOD, "proc/../../x": b"x"}),
    "tar absolute": tar({**GOOD, "/etc/passwd": b"x"}),
    "nothing of a network": tar({"etc/passwd": b"x"}),
    "big integer": packed(b'[["proc/net/tcp", ' + b"9" * 5000 + b"]]\n"),
    "other description": tar(described(capture=2)),
    "odd byte order": tar(described(byte_order="middle")),
    "no description": tar({**GOOD, capture.DESCRIPTION: b"[1]"}),
    "broken description": tar({**GOOD, capture.DESCRIPTION: b"{"}),
    "deep description": tar({**GOOD, capture.DESCRIPTION: b"[" * 100_000}),
}
"""By what is wrong with it."""
