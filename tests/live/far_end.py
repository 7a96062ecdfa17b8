"""The far end of TCP connections, as a program behind a TUN device that leaves them half done on purpose.

Our end is 10.77.0.1. What the far end does with a connection depends on its own port (see `PLAYS`).
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import threading

HERE, THERE = "10.77.0.1", "10.77.0.2"
FIN, SYN, PSH, ACK = 0x01, 0x02, 0x08, 0x10
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
SIOCSIFADDR, SIOCSIFFLAGS, SIOCSIFNETMASK = 0x8916, 0x8914, 0x891C
IFF_UP = 0x1

SILENT = 1
"""Answers nothing: SYN_SENT."""
DEAF = 2
"""Acknowledges the SYN and nothing more: FIN_WAIT1 once we close."""
PATIENT = 3
"""Acknowledges everything and never closes: FIN_WAIT2 once we close."""
LEAVING = 4
"""Closes as soon as it is connected, then says nothing more: CLOSE_WAIT, LAST_ACK once we close."""
CROSSING = 5
"""Answers our FIN with its own, without acknowledging ours: CLOSING."""


def bring_up(device: str, address: str | None = None) -> None:
    """Set an interface up, with an address of a /24 if given."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for request, value in ((SIOCSIFADDR, address), (SIOCSIFNETMASK, address and "255.255.255.0")):
            if value:
                sockaddr = struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(value))
                fcntl.ioctl(control, request, struct.pack("16s16s8x", device.encode(), sockaddr))
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("=16sH22x", device.encode(), IFF_UP))


def checksum(packet: bytes) -> int:
    """Compute the internet checksum (RFC 1071) of an even number of bytes."""
    total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def segment(source_port: int, target_port: int, sequence: int, acknowledged: int, flags: int) -> bytes:
    """Build an IPv4 packet with an empty TCP segment from the far end to ours."""
    source, target = socket.inet_aton(THERE), socket.inet_aton(HERE)
    tcp = struct.pack("!HHIIBBHHH", source_port, target_port, sequence, acknowledged, 5 << 4, flags, 65535, 0, 0)
    pseudo = source + target + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(tcp))
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0, 64, socket.IPPROTO_TCP, 0, source, target)
    return ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + tcp


class FarEnd:
    """Reads what our kernel sends to the device, on a thread, and answers by the port addressed."""

    FIRST = 1000
    """Sequence number of its SYN."""

    def __init__(self) -> None:
        self.device = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self.device, TUNSETIFF, struct.pack("16sH22x", b"tun0", IFF_TUN | IFF_NO_PI))
        bring_up("tun0", HERE)
        threading.Thread(target=self._serve, daemon=True).start()

    def call(self, port: int) -> None:
        """Send a SYN to our port and never complete the handshake: SYN_RECV."""
        os.write(self.device, segment(40000, port, self.FIRST, 0, SYN))

    def _serve(self) -> None:
        while True:
            packet = os.read(self.device, 65536)
            if packet[0] >> 4 == 4 and packet[9] == socket.IPPROTO_TCP:
                self._answer(packet[(packet[0] & 15) * 4 :], struct.unpack("!H", packet[2:4])[0] - 20)

    def _answer(self, tcp: bytes, length: int) -> None:
        ours, theirs, sequence, _, offset, flags = struct.unpack("!HHIIBB", tcp[:14])
        following = (sequence + length - (offset >> 4) * 4 + bool(flags & (SYN | FIN))) & 0xFFFFFFFF
        for mine, acknowledged, answer in self._play(theirs, flags, sequence, following):
            os.write(self.device, segment(theirs, ours, mine, acknowledged, answer))

    def _play(self, port: int, flags: int, sequence: int, following: int) -> list[tuple[int, int, int]]:
        """Return the segments to answer with: own sequence number, acknowledged number, flags."""
        first, second = self.FIRST, self.FIRST + 1
        if flags & (SYN | ACK) == SYN:
            greeting = (first, following, SYN | ACK)
            return {SILENT: [], LEAVING: [greeting, (second, following, FIN | ACK)]}.get(port, [greeting])
        if flags & FIN:
            return {PATIENT: [(second, following, ACK)], CROSSING: [(second, sequence, FIN | ACK)]}.get(port, [])
        return [(second, following, ACK)] if port == PATIENT and following != sequence else []
