"""Joins multicast groups of both IP versions, with and without source filters, on interfaces made for it.

Run by root in a network namespace of its own: `python member.py`; prints `ready` and keeps the memberships until
standard input closes.
"""

from __future__ import annotations

import socket
import struct
import subprocess
import sys

JOIN, BLOCK, JOIN_SOURCE = 42, 43, 46


def main() -> None:
    """Make two interfaces and join."""
    for command in ("link add m0 type veth peer name m1", "link set m0 up", "link set m1 up", "link set lo up"):
        subprocess.run(["ip", *command.split()], check=True)
    sockets = [socket.socket(family, socket.SOCK_DGRAM) for family in (socket.AF_INET, socket.AF_INET6) * 3]
    for index, member in enumerate(sockets):
        device = socket.if_nametoindex(f"m{index % 4 // 2}")
        if member.family == socket.AF_INET:
            join(member, device, "239.1.1.1", "192.0.2.1", "192.0.2.2")
        else:
            join(member, device, "ff05::1:3", "2001:db8::1", "2001:db8::2")
    print("ready", flush=True)
    sys.stdin.read()


def join(member: socket.socket, device: int, group: str, wanted: str, unwanted: str) -> None:
    """Join the group for one source, or for all but one on the second interface, and a group without a filter."""
    level = socket.IPPROTO_IP if member.family == socket.AF_INET else socket.IPPROTO_IPV6
    plain = "224.0.0.251" if member.family == socket.AF_INET else "ff02::fb"
    member.setsockopt(level, JOIN, request(device, plain))
    if device == socket.if_nametoindex("m0"):
        member.setsockopt(level, JOIN_SOURCE, request(device, group, wanted))
        return
    member.setsockopt(level, JOIN, request(device, group))
    member.setsockopt(level, BLOCK, request(device, group, unwanted))


def request(device: int, *addresses: str) -> bytes:
    """Return a struct group_req or group_source_req of linux/in.h."""
    return struct.pack("=I4x", device) + b"".join(map(storage, addresses))


def storage(address: str) -> bytes:
    """Return a struct sockaddr_storage."""
    if ":" in address:
        packed = struct.pack("=HHI16sI", socket.AF_INET6, 0, 0, socket.inet_pton(socket.AF_INET6, address), 0)
    else:
        packed = struct.pack("=HH4s", socket.AF_INET, 0, socket.inet_aton(address))
    return packed.ljust(128, b"\0")


if __name__ == "__main__":
    main()
