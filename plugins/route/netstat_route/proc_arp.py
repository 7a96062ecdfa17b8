"""/proc/net/arp: IPv4 neighbours and proxies.

``192.168.1.1 0x1 0x6 00:11:22:33:44:55 * eth0``: the hardware address may be missing, is cut after nine bytes, and
means nothing before the entry is complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from socket import AF_INET, inet_ntop, inet_pton

from netstat_core.plugin import About, Gap, Problem, Record, bounded, escape
from netstat_route.neighbour_record import EMPTY

PATH = "/proc/net/arp"

# linux/if_arp.h
ATF_COM = 0x2
ATF_PERM = 0x4
ATF_PUBL = 0x8

_LEAST_WORDS = 5


def parse(about: About, content: bytes | None) -> Iterator[Record | Problem | Gap]:
    """The entries, row by row; IPv6 ones are in no file."""
    if about.asked.serves_family("inet6"):
        yield Gap("not_in_kernel", PATH, "it holds no IPv6 neighbours")
    lines = (content or b"").removesuffix(b"\n").split(b"\n")
    for number, line in enumerate(lines[1:], 2):
        try:
            yield _entry(line.split())
        except (ValueError, OSError) as error:
            yield Problem(PATH, f"not an entry: {error}", line, number)


def _entry(words: list[bytes]) -> Record:
    """``ADDRESS TYPE FLAGS [HARDWARE] MASK DEVICE``. Raises ValueError or OSError for no row."""
    if len(words) < _LEAST_WORDS:
        raise ValueError("too few columns")
    flags = bounded(int(words[2], 16))
    hardware = b" ".join(words[3:-2]) if flags & ATF_COM else b""
    is_proxy = bool(flags & ATF_PUBL)
    return {
        **EMPTY,
        "family": "inet",
        "address": inet_ntop(AF_INET, inet_pton(AF_INET, words[0].decode("ascii"))),
        "hardware_address": escape(hardware) or None,
        "interface": None if words[-1] == b"*" else escape(words[-1]),
        "state": "permanent" if flags & ATF_PERM and not is_proxy else None,
        "proxy": is_proxy,
    }
