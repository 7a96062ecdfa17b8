"""Copies of machines for tests: as folders, as archives and as packed text, in either byte order."""

from __future__ import annotations

import io
import re
import tarfile
from pathlib import Path

from netstat_core.system import capture

WORDS = re.compile(r"(?<=[ \t])(?:[0-9A-F]{32}|[0-9A-F]{8})(?=[: \t\n])")

FILES = {
    "route": (
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
        "enc0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        "enc0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    ),
    "igmp": (
        "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n"
        "1\tlo        :     1      V3\n\t\t\t\t010000E0     1 0:00000000\t\t0\n"
    ),
    "tcp": (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        "   0: 0100007F:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 350 1\n"
    ),
    "tcp6": (
        "  sl  local_address                         remote_address                        st tx_queue rx_queue tr "
        "tm->when retrnsmt   uid  timeout inode\n"
        "   0: 00000000000000000000000001000000:0019 00000000000000000000000000000000:0000 0A 00000000:00000000 "
        "00:00000000 00000000     0        0 351 1\n"
    ),
    "ip_mr_cache": "Group    Origin   Iif     Pkts    Bytes    Wrong Oifs\n030201EF 0900090A 0  0 0 0  1:3\n",
    "ip_mr_vif": (
        "Interface      BytesIn  PktsIn  BytesOut PktsOut Flags Local    Remote\n"
        " 0 enc0              0       0         0       0 00000 0900090A 00000000\n"
        " 1 enc1              0       0         0       0 00000 0A00090A 00000000\n"
    ),
    "rt_cache": (
        "Iface\tDestination\tGateway \tFlags\t\tRefCnt\tUse\tMetric\tSource\t\tMTU\tWindow\tIRTT\tTOS\tHHRef"
        "\tHHUptod\tSpecDst\n"
        "enc0\t0900090A\t010200C0\t0\t0\t0\t0\t020200C0\t1500\t0\t0\t00\t-1\t1\t020200C0\n"
    ),
}
"""Files of a little-endian machine whose addresses are words in the byte order of the machine."""


def swap(content: str) -> str:
    """Return the content of a file as a machine with the other byte order writes it."""
    return WORDS.sub(lambda found: _swap_words(found[0]), f"\n{content}".replace("\n", "\n ")).replace("\n ", "\n")[1:]


def _swap_words(digits: str) -> str:
    words = (bytes.fromhex(digits[at : at + 8])[::-1].hex().upper() for at in range(0, len(digits), 8))
    return "".join(words)


def write(tree: dict[str, bytes], target: Path, form: str) -> Path:
    """Write contents by path as a ``folder``, an ``archive`` with a folder around them, or packed ``text``."""
    if form == "text":
        target.write_text(capture.pack(tree))
    elif form == "archive":
        target.write_bytes(_make_tar({f"sosreport-web1/{path}": content for path, content in tree.items()}))
    else:
        for path, content in tree.items():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_bytes(content)
    return target


def _make_tar(tree: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, content in tree.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()
