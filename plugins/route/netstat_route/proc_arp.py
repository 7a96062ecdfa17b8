"""/proc/net/arp: IPv4 neighbours and proxies.

::

    IP address       HW type     Flags       HW address            Mask     Device
    10.1.1.1         0x1         0x0         86:27:5d:e3:6c:15     *        eth1
    192.168.1.1      0x1         0x6         00:11:22:33:44:55     *        eth0
    10.5.5.5         0x1         0xc         00:00:00:00:00:00     *        eth1

The hardware address is valid only if flag ATF_COM (0x2) is set: not in the first row. It may be missing, and is cut
after nine bytes. The last row is a proxy (0x8). ``*`` as Device stands for all interfaces.
"""

from __future__ import annotations

from collections.abc import Iterator
from socket import AF_INET, inet_ntop, inet_pton

from netstat_core.plugin import About, Gap, Header, Problem, Record, TextFile, bounded, escape
from netstat_route.neighbour_record import EMPTY

PATH = "/proc/net/arp"

# linux/if_arp.h
ATF_COM = 0x2
ATF_PERM = 0x4
ATF_PUBL = 0x8

HEADER = Header("IP address HW type Flags HW address Mask Device")
_LEAST_WORDS = 5


def parse(about: About, content: bytes | None) -> Iterator[Record | Problem | Gap]:
    """Yield the entries; a gap if IPv6 neighbours are asked for, which no file has."""
    if about.asked.serves_family("inet6"):
        yield Gap("not_in_kernel", PATH, "the file has no IPv6 neighbours")
    if content is None:
        return
    text = TextFile(PATH, content, HEADER)
    for number, line in text.rows():
        try:
            yield _parse_entry(line.split())
        except (ValueError, OSError) as error:
            yield text.problem(f"not an entry: {error}", line, number)
    yield from text.gaps


def _parse_entry(words: list[bytes]) -> Record:
    """Parse ``ADDRESS TYPE FLAGS [HARDWARE] MASK DEVICE``; raise ValueError or OSError if it is not a row."""
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
