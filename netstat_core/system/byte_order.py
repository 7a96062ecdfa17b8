"""Find the byte order of a machine from copies of its files, and compare requests of two byte orders.

Some files below /proc/net print 32-bit words of addresses as numbers, which are read in the byte order of the kernel
that wrote them: 127.0.0.1 is ``0100007F`` on x86 and ``7F000001`` on s390x.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from netstat_core.system import ASSUMED, BIG, CONTRADICTED, LITTLE, MACHINE, STATED
from netstat_core.system.stores import Store

UNAME, RELEASE = "uname", "kernel_release"
"""How it is known by the name of an architecture: as the machine or in the kernel's release."""

_MOST_EXAMINED = 1 << 20
_ALL_BITS = 0xFFFFFFFF
_MULTICAST = range(0xE0, 0xF0)

_MACHINES = {
    LITTLE: "x86_64 i386 i486 i586 i686 aarch64 arm64 armv5tel armv6l armv7l armv8l ppc64le powerpc64le ppc64el "
    "riscv32 riscv64 loongarch64 mipsel mips64el alpha ia64",
    BIG: "s390 s390x ppc ppc64 powerpc powerpc64 sparc sparc64 parisc parisc64 hppa m68k aarch64_be armv5teb armv7b "
    "armeb openrisc",
}
_ORDER_OF = {name: order for order, names in _MACHINES.items() for name in names.split()}
"""Byte orders by ``uname -m`` and by suffixes of kernel releases. MIPS has both, and one name for them."""


class ByteOrder(NamedTuple):
    """A byte order, ``little`` or ``big``, and how it is known: one of WAYS."""

    order: str
    known_from: str


def find_byte_order(store: Store, machine: ByteOrder | None) -> ByteOrder:
    """Return the byte order of the machine whose files a store holds.

    ``machine`` is that of its architecture, None if that is unknown. Netmasks, multicast groups and well-known IPv6
    addresses come before it, since they make sense in one order only. Loopback addresses come after it, since 1.0.0.127
    is an address too.
    """
    contradicted = False
    for path, find_orders in _EVIDENCE:
        if path == _ARCHITECTURE:
            if machine is not None:
                return machine
            continue
        orders = set(find_orders(_read_start(store, path)))
        if len(orders) == 1:
            return ByteOrder(orders.pop(), path)
        contradicted |= bool(orders)
    return ByteOrder(LITTLE, CONTRADICTED if contradicted else ASSUMED)


def order_of_machine(name: str) -> str | None:
    """Return the byte order of an architecture as ``uname -m`` prints it, None if it is unknown or has both."""
    return _ORDER_OF.get(name)


def is_same_request(body: bytes, other: bytes) -> bool:
    """Return whether two bodies of netlink requests are the same in different byte orders.

    Each group of four bytes holds single bytes, two numbers of 16 bits, or one of 32.
    """
    if len(body) != len(other):
        return False
    groups = ((body[at : at + 4], other[at : at + 4]) for at in range(0, len(body), 4))
    return all(theirs in (ours, ours[::-1], ours[1::-1] + ours[:1:-1]) for ours, theirs in groups)


def _read_start(store: Store, path: str) -> bytes:
    try:
        return store.read(path)[:_MOST_EXAMINED]
    except OSError:
        return b""


_ROUTE = re.compile(rb"^[^ \t\n]+(?:[ \t]+[0-9A-F]+){3}(?:[ \t]+-?[0-9]+){3}[ \t]+([0-9A-F]{8})\b", re.MULTILINE)
_GROUP = re.compile(rb"^\t+ *([0-9A-F]{8})\b", re.MULTILINE)
_ROUTED_GROUP = re.compile(rb"^([0-9A-F]{8}) +[0-9A-F]{8}\b", re.MULTILINE)
_WIDE = re.compile(rb" ([0-9A-F]{32}):[0-9A-F]{4}\b")
_LOCAL = re.compile(rb"^ *[0-9]+: ([0-9A-F]{8}):[0-9A-F]{4}\b", re.MULTILINE)


def _orders_of_netmasks(content: bytes) -> Iterator[str]:
    """Yield the order of each netmask that is contiguous in one order only: all but those of /0 and /32."""
    for digits in _ROUTE.findall(content):
        word = int(digits, 16)
        yield from _orders_where(_is_netmask(word), _is_netmask(_swap(word)))


def _orders_of_groups(content: bytes, pattern: re.Pattern[bytes] = _GROUP) -> Iterator[str]:
    for digits in pattern.findall(content):
        word = int(digits, 16)
        yield from _orders_where(word >> 24 in _MULTICAST, word & 0xFF in _MULTICAST)


def _orders_of_routed_groups(content: bytes) -> Iterator[str]:
    return _orders_of_groups(content, _ROUTED_GROUP)


_ONE, _MAPPED, _LINK_LOCAL = "0" * 31 + "1", "0" * 20 + "FFFF", "FE80" + "0" * 12


def _orders_of_wide_addresses(content: bytes) -> Iterator[str]:
    """Yield the order of ::1, of IPv4-mapped and of link-local IPv6 addresses."""
    for digits in set(_WIDE.findall(content)):
        text = digits.decode()
        swapped = "".join(f"{_swap(int(text[at : at + 8], 16)):08X}" for at in range(0, 32, 8))
        yield from _orders_where(_is_well_known(text), _is_well_known(swapped))


def _orders_of_loopback(content: bytes) -> Iterator[str]:
    """Yield the order of local addresses on which programs commonly listen: 127.0.0.1, .53, .54, and 127.0.1.1."""
    for digits in set(_LOCAL.findall(content)):
        word = int(digits, 16)
        yield from _orders_where(word in _LOOPBACK, _swap(word) in _LOOPBACK)


_LOOPBACK = frozenset({0x7F000001, 0x7F000035, 0x7F000036, 0x7F000101})


def _orders_where(is_big: bool, is_little: bool) -> Iterator[str]:  # noqa: FBT001 - one reading in each order
    if is_big != is_little:
        yield BIG if is_big else LITTLE


def _is_netmask(word: int) -> bool:
    host_bits = word ^ _ALL_BITS
    return host_bits & (host_bits + 1) == 0


def _is_well_known(digits: str) -> bool:
    return digits == _ONE or digits.startswith((_MAPPED, _LINK_LOCAL))


def _swap(word: int) -> int:
    return int.from_bytes(word.to_bytes(4, "little"), "big")


_ARCHITECTURE = ""
_EVIDENCE: tuple[tuple[str, Callable[[bytes], Iterator[str]]], ...] = (
    ("/proc/net/route", _orders_of_netmasks),
    ("/proc/net/igmp", _orders_of_groups),
    ("/proc/net/ip_mr_cache", _orders_of_routed_groups),
    *((f"/proc/net/{name}", _orders_of_wide_addresses) for name in ("tcp6", "udp6", "udplite6", "raw6", "icmp6")),
    (_ARCHITECTURE, lambda _content: iter(())),
    *((f"/proc/net/{name}", _orders_of_loopback) for name in ("tcp", "udp", "udplite", "raw", "icmp")),
)
"""What shows the byte order, the most certain first."""

WAYS = frozenset({MACHINE, STATED, ASSUMED, CONTRADICTED, UNAME, RELEASE, *(path for path, _ in _EVIDENCE if path)})
"""All ways in which a byte order can be known."""
