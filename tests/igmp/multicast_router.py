"""A multicast router over both IP versions: three interfaces, cache entries, a packet that waits for one.

Run by root in a network namespace of its own: `python multicast_router.py`; prints `ready` when all stands and keeps it
until standard input closes.
"""

from __future__ import annotations

import socket
import struct
import subprocess
import sys

IGMP, ICMPV6 = 2, 58
INIT, ADD_VIF, ADD_MFC, TABLE = 200, 202, 204, 209
USE_IFINDEX = 8
LINKS = ("v0", "w0", "x0")
ADDRESSES = ("10.9.0.1/24", "10.9.1.1/24", "10.9.2.1/24")


def main() -> None:
    """Make everything, say so, wait."""
    make_links()
    indexes = [socket.if_nametoindex(name) for name in LINKS]
    held = [route_inet(indexes, 0), route_inet(indexes[:2], 77), route_inet6(indexes)]
    send_packets()
    print("ready", flush=True)
    sys.stdin.read()
    for router in held:
        router.close()


def make_links() -> None:
    """Make three pairs of connected interfaces, all up and with addresses."""
    for name, address in zip(LINKS, ADDRESSES, strict=True):
        ip(f"link add {name} type veth peer name {name}-peer")
        ip(f"link set {name} up")
        ip(f"link set {name}-peer up")
        ip(f"address add {address} dev {name}")
        ip(f"address add fd00:{name[0].encode().hex()}::1/64 dev {name} nodad")


def ip(arguments: str) -> None:
    """Run the `ip` command."""
    subprocess.run(["ip", *arguments.split()], check=True)


def route_inet(indexes: list[int], table: int) -> socket.socket:
    """Route IPv4 multicast in a table, 0 for the default one; the first interface is named by its address."""
    router = socket.socket(socket.AF_INET, socket.SOCK_RAW, IGMP)
    if table:
        router.setsockopt(socket.IPPROTO_IP, TABLE, table)
    router.setsockopt(socket.IPPROTO_IP, INIT, 1)
    for vif, index in enumerate(indexes):
        flags, local = (USE_IFINDEX, struct.pack("=I", index)) if vif or table else (0, bytes((10, 9, 0, 1)))
        router.setsockopt(socket.IPPROTO_IP, ADD_VIF, struct.pack("=HBBI4s4s", vif, flags, 1, 0, local, bytes(4)))
    add_inet(router, "10.9.0.9", "239.1.2.3", 0, {1: 3})
    add_inet(router, "0.0.0.0", "239.5.5.5", 1, {0: 1})
    if not table:
        add_inet(router, "10.9.0.9", "239.1.2.4", 0, {1: 1, 2: 10})
        add_inet(router, "10.9.1.1", "239.6.6.6", 1, {0: 1})
    return router


def add_inet(router: socket.socket, origin: str, group: str, parent: int, thresholds: dict[int, int]) -> None:
    """Add an IPv4 cache entry; thresholds by outgoing vif."""
    ttls = bytes(thresholds.get(vif, 0) for vif in range(32))
    addresses = socket.inet_aton(origin), socket.inet_aton(group)
    router.setsockopt(socket.IPPROTO_IP, ADD_MFC, struct.pack("=4s4sH32s2xIIIi", *addresses, parent, ttls, 0, 0, 0, 0))


def route_inet6(indexes: list[int]) -> socket.socket:
    """Route IPv6 multicast in the default table."""
    router = socket.socket(socket.AF_INET6, socket.SOCK_RAW, ICMPV6)
    router.setsockopt(socket.IPPROTO_IPV6, INIT, 1)
    for mif, index in enumerate(indexes):
        router.setsockopt(socket.IPPROTO_IPV6, ADD_VIF, struct.pack("=HBBH2xI", mif, 0, 1, index, 0))
    addresses = (ipv6_sockaddr("fd00:76::9"), ipv6_sockaddr("ff0e::1:2"))
    outgoing = struct.pack("=8I", 0b110, *[0] * 7)
    router.setsockopt(socket.IPPROTO_IPV6, ADD_MFC, struct.pack("=28s28sH2x32s", *addresses, 0, outgoing))
    return router


def ipv6_sockaddr(address: str) -> bytes:
    """Return a struct sockaddr_in6."""
    return struct.pack("=HHI16sI", socket.AF_INET6, 0, 0, socket.inet_pton(socket.AF_INET6, address), 0)


def send_packets() -> None:
    """Send packets that no cache entry is for, and some that one is for."""
    for address in ("239.9.9.9", "239.6.6.6", "239.6.6.6"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.9.1.1"))
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 9)
            sender.sendto(b"x" * 100, (address, 9))
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex("w0"))
        sender.sendto(b"x", ("ff0e::77", 9))


if __name__ == "__main__":
    main()
