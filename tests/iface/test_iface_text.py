"""Text of interfaces that are hard to come by: lines recorded from the real netstat, its ioctls answered by us."""

from __future__ import annotations

import struct
from socket import AF_INET, inet_aton

import link_messages as lm
import pytest
from netstat_iface.net_tools import LAYOUT
from netstat_iface.net_tools_details import format_size

from netstat_core.plugin import Gap, Problem

CALLSIGN, SEVEN_ZEROS, EIGHT, TWENTY = (
    *("9c608682989802", "00000000000000", "0011223344556677"),
    "00112233445566778899aabbccddeeff00112233",
)

HARDWARE = [
    (0, CALLSIGN, "netrom N0CALL-1  txqueuelen 1000  (AMPR NET/ROM)"),
    (0, SEVEN_ZEROS, "netrom   txqueuelen 1000  (AMPR NET/ROM)"),
    (1, "9c6086829898", "ether 9c:60:86:82:98:98  txqueuelen 1000  (Ethernet)"),
    (1, "", "ether 00:00:00:00:00:00  txqueuelen 1000  (Ethernet)"),
    (3, CALLSIGN, "ax25 N0CALL-1  txqueuelen 1000  (AMPR AX.25)"),
    (3, "968a68a094ae00", "ax25 KE4PJW  txqueuelen 1000  (AMPR AX.25)"),
    (3, "9c608682989814", "ax25 N0CALL-10  txqueuelen 1000  (AMPR AX.25)"),
    (7, "c0", "arcnet C0  txqueuelen 1000  (ARCnet)"),
    (27, EIGHT, "eui64 00:11:22:33:44:55:66:77  txqueuelen 1000  (Generic EUI-64)"),
    (32, TWENTY, "unspec 00-11-22-33-44-55-66-77-00-00-00-00-00-00-00-00  txqueuelen 1000  (UNSPEC)"),
    (256, "", "slip  txqueuelen 1000  (Serial Line IP)"),
    (257, "", "cslip  txqueuelen 1000  (VJ Serial Line IP)"),
    (258, "", "slip6  txqueuelen 1000  (6-bit Serial Line IP)"),
    (259, "", "cslip6  txqueuelen 1000  (VJ 6-bit Serial Line IP)"),
    (264, "", "adaptive  txqueuelen 1000  (Adaptive Serial Line IP)"),
    (270, "2080175524", "rose 2080175524  txqueuelen 1000  (AMPR ROSE)"),
    (270, "0000000000", "rose 0000000000  txqueuelen 1000  (AMPR ROSE)"),
    (271, "", "x25   txqueuelen 1000  (generic X.25)"),
    (280, "", "unspec 00-00-00-00-00-00-00-00-00-00-00-00-00-00-00-00  txqueuelen 1000  (UNSPEC)"),
    (512, "", "ppp  txqueuelen 1000  (Point-to-Point Protocol)"),
    (513, "", "hdlc  txqueuelen 1000  ((Cisco)-HDLC)"),
    (516, "", "lapb  txqueuelen 1000  (LAPB)"),
    (768, "c0a80002", "tunnel   txqueuelen 1000  (IPIP Tunnel)"),
    (769, TWENTY[:32], "unspec 00-11-22-33-44-55-66-77-00-00-00-00-00-00-00-00  txqueuelen 1000  (UNSPEC)"),
    (770, "", "frad  txqueuelen 1000  (Frame Relay Access Device)"),
    (772, "000000000000", "loop  txqueuelen 1000  (Local Loopback)"),
    (774, "9c6086829898", "fddi 9C-60-86-82-98-98  txqueuelen 1000  (Fiber Distributed Data Interface)"),
    (776, "c0a80002", "sit  txqueuelen 1000  (IPv6-in-IPv4)"),
    (778, "c0a80002", "unspec C0-A8-00-02-00-00-00-00-00-00-00-00-00-00-00-00  txqueuelen 1000  (UNSPEC)"),
    (780, "9c6086829898", "hippi 9C:60:86:82:98:98  txqueuelen 1000  (HIPPI)"),
    (782, "", "ec  txqueuelen 1000  (Econet)"),
    (823, TWENTY[:32], "unspec 00-11-22-33-44-55-66-77-00-00-00-00-00-00-00-00  txqueuelen 1000  (UNSPEC)"),
    (65534, "", "unspec 00-00-00-00-00-00-00-00-00-00-00-00-00-00-00-00  txqueuelen 1000  (UNSPEC)"),
]


@pytest.mark.parametrize(("kind", "address", "line"), HARDWARE)
def test_hardware(kind: int, address: str, line: str) -> None:
    """Each kind of link layer has netstat's name, title and way to write an address."""
    message = lm.link(b"v0", lm.attribute(lm.ADDRESS, bytes.fromhex(address)), lm.number(lm.QUEUE, 1000), kind=kind)
    assert f"        {line}\n" in lm.shown([message], extend=1)


FLAGS = [
    (0x0000, "[NO FLAGS]", "flags=0<  mtu"),
    (0x0001, "U", "flags=1<UP>  mtu"),
    (0x0011, "PU", "flags=17<UP,POINTOPOINT>  mtu"),
    (0x0113, "BPPU", "flags=275<UP,BROADCAST,POINTOPOINT,PROMISC>  mtu"),
    (0x4000, "", "flags=16384  mtu"),
    (0x8001, "dU", "flags=-32767<UP,DYNAMIC>  mtu"),
    (0x9001, "MdU", "flags=-28671<UP,MULTICAST,DYNAMIC>  mtu"),
    (0x50000, "[NO FLAGS]", "flags=0<  mtu"),
    (
        *(0x7FFF, "ABDLMPNOPsmRU"),
        (
            "flags=32767<UP,BROADCAST,DEBUG,LOOPBACK,POINTOPOINT,NOTRAILERS,RUNNING,NOARP,PROMISC,ALLMULTI,SLAVE,"
            "MASTER,MULTICAST>  mtu"
        ),
    ),
]


@pytest.mark.parametrize(("flags", "letters", "words"), FLAGS)
def test_flags(flags: int, letters: str, words: str) -> None:
    """Flags are netstat's letters in its order, and in blocks a signed number of 16 bits with their names."""
    message = lm.link(b"v0", lm.number(lm.MTU, 1500), lm.counters(), flags=flags)
    assert lm.shown([message]).endswith(f"      0      0      0      0 {letters}\n")
    assert lm.shown([message], extend=1).startswith(f"v0: {words} 1500\n")


DEVICES = [
    ((0, 0, 0, 11, 0), "device interrupt 11  "),
    ((0, 0, 0x300, 11, 0), "device interrupt 11  base 0x300  "),
    ((0, 0, 0x100, 0, 0), "device base 0x100  "),
    ((0xF7C00000, 0xF7C20000, 0, 20, 0), "device interrupt 20  memory 0xf7c00000-f7c20000  "),
    (
        (0xF7C00000, 0xF7C20000, 0x300, 20, 3),
        "device interrupt 20  base 0x300  memory 0xf7c00000-f7c20000    dma 0x3",
    ),
    ((0xF7C00000, 0, 0, 0, 3), "device memory 0xf7c00000-0    dma 0x3"),
    ((0, 0, 0, 0, 3), "device   dma 0x3"),
    ((0, 0, 0xFF, 0, 0), None),
    ((0, 0xF7C00000, 0, 0, 0), None),
]


def device_map(*resources: int, port: int = 0) -> bytes:
    """Return the attribute with struct rtnl_link_ifmap: start and end of memory, I/O port, interrupt, DMA channel."""
    return lm.attribute(lm.MAP, struct.pack("=QQQHBB4x", *resources, port))


@pytest.mark.parametrize(("resources", "line"), DEVICES)
def test_device(resources: tuple[int, int, int, int, int], line: str | None) -> None:
    """Interrupt, I/O port, memory and DMA channel of an old device are told behind its counters."""
    text = lm.shown([lm.link(b"v0", lm.counters(), device_map(*resources))], extend=1)
    last = "        TX errors 0  dropped 0 overruns 0  carrier 0  collisions 0\n"
    assert text.endswith(f"{last}        {line}\n\n" if line else f"{last}\n")


@pytest.mark.parametrize("port", range(9))
def test_media(port: int) -> None:
    """A device with selectable ports tells the medium, and for more of them than there are names nothing better."""
    names = ["unknown", "10base2", "10baseT", "AUI", "100baseT", "100baseTX", "100baseFX", "(null)", "(null)"]
    message = lm.link(b"v0", device_map(0, 0, 0, 0, 0, port=port), lm.counters(), flags=0x6003)
    assert f"        media {names[port]}autoselect\n        RX packets" in lm.shown([message], extend=1)
    message = lm.link(b"v0", device_map(0, 0, 0, 0, 0, port=port), lm.counters(), flags=0x2003)
    assert f"        media {names[port]}\n" in lm.shown([message], extend=1)


SIZES = [
    *((0, "0.0 B"), (1024, "1024.0 B"), (1025, "1.0 KiB"), (10239, "9.9 KiB"), (1048576, "1024.0 KiB")),
    *((1048577, "1.0 MiB"), (10485759, "9.9 MiB"), (1073741825, "1.0 GiB"), (10737418239, "9.9 GiB")),
    *((10995116277759, "9.9 TiB"), (11258999068426239, "9.9 PiB"), (1152921504606846976, "1024.0 PiB")),
    *((1844674407370955161, "1.6 EiB"), (9223372036854775808, "8.0 EiB"), (18446744073709551615, "16.0 EiB")),
]


@pytest.mark.parametrize(("size", "text"), SIZES)
def test_sizes(size: int, text: str) -> None:
    """Bytes are shown in the largest unit they are more than one of, with a tenth that is cut, not rounded."""
    assert format_size(size) == text


def test_compressing_lines() -> None:
    """Compressed serial lines have two lines of their own."""
    text = lm.shown([lm.link(b"sl0", lm.counters(*range(1, 24)), kind=257)], extend=1)
    assert "(1.0 B)" not in text
    assert text.split("\n")[2:7] == [
        "        RX packets 1  bytes 3 (3.0 B)",
        "        RX compressed:22",
        "        RX errors 5  dropped 23  overruns 15  frame 50",
        "        TX packets 2  bytes 4 (4.0 B)",
        "        TX compressed 23",
    ]


def test_sums_of_counters() -> None:
    """RX-DRP, frame and carrier are the sums that /proc/net/dev has: missed packets are dropped ones."""
    message = lm.link(b"v0", lm.number(lm.MTU, 1500), lm.counters(*(1 << bit for bit in range(25))))
    row = lm.shown([message])
    assert row.split()[2:6] == [str(1 << 0), str(1 << 4), str((1 << 6) + (1 << 15)), str(1 << 14)]
    text = lm.shown([message], extend=1)
    assert f"  frame {sum(1 << bit for bit in (10, 11, 12, 13))}\n" in text
    assert f"  carrier {sum(1 << bit for bit in (16, 17, 19, 20))}  collisions {1 << 9}\n" in text


def test_wide_values_push_the_rest() -> None:
    """Counters are never cut, and RX-OVR is the one column on the left (Q17)."""
    message = lm.link(b"v0", lm.number(lm.MTU, 65536), lm.counters(*[2**64 - 1] * 9, 0, 0, 0, 0, 0, 7))
    big = str(2**64 - 1)
    assert lm.shown([message]) == f"v0              65536 {big} {big} {big} 7      {big} {big} {big}      0 BMU\n"


ALIASES = [
    lm.address(2, AF_INET, 24, lm.attribute(2, inet_aton("10.0.0.1")), lm.text(3, b"eth0")),
    lm.address(2, AF_INET, 16, lm.attribute(2, inet_aton("10.1.0.1")), lm.text(3, b"eth0:b")),
    lm.address(2, AF_INET, 8, lm.attribute(2, inet_aton("10.2.0.1")), lm.text(3, b"eth0:1")),
]


def test_aliases_stand_where_netstat_sorts_them() -> None:
    """An alias with a number follows its interface, one with letters follows interfaces that come in between."""
    links = [lm.link(b"eth0"), lm.link(b"eth1", index=3), lm.link(b"eth0.7", index=4), lm.link(b"lo", index=5)]
    text = lm.shown(links, ALIASES)
    assert [line.split()[0] for line in text.splitlines()] == ["eth0", "eth0:1", "eth1", "eth0.7", "eth0:b", "lo"]
    assert "eth0:1              -      - no statistics available -                        BMU\n" in text
    blocks = lm.shown(links, ALIASES, extend=1).split("\n\n")
    assert blocks[4].startswith(
        "eth0:b: flags=4099<UP,BROADCAST,MULTICAST>  mtu -\n        inet 10.1.0.1  netmask 255.255.0.0  "
    )


def test_an_alias_is_not_lost_behind_an_interface_that_is_down() -> None:
    """An alias that would follow an interface that is hidden follows the one before."""
    links = [lm.link(b"eth0"), lm.link(b"eth0.7", index=4, flags=0x1002), lm.link(b"lo", index=5)]
    text = lm.shown(links, ALIASES, show="connected")
    assert [line.split()[0] for line in text.splitlines()] == ["eth0", "eth0:1", "eth0:b", "lo"]
    text = lm.shown([lm.link(b"eth0", flags=0x1002)], ALIASES, show="connected")
    assert text == ""


def test_names_cannot_command_a_terminal() -> None:
    """Control characters of a name are shown masked, other letters as they are, and columns stay in place."""
    links = [lm.link(b"e\x1b[2J", index=3), lm.link("é".encode()), lm.link(b"\xff", index=4)]
    rows = lm.shown(links).splitlines()
    assert [row.split()[0] for row in rows] == ["e\\x1b[2J", "é", "\\xff"]
    assert [row.encode().index(b"- no statistics") for row in rows] == [27, 27, 27]


def test_what_is_said_of_troubles() -> None:
    """Unknown interfaces and missing lists are complained of with status 1; a bad line and sysfs are not."""
    say = LAYOUT.complain
    gap = Gap("not_in_kernel", "e\\x1b", "Device not found", errno=19)
    complaint = say(gap, lm.QUERY)
    assert complaint is not None
    assert (complaint.text, complaint.status, complaint.ends_run) == (
        "e\\x1b: error fetching interface information: Device not found",
        1,
        False,
    )
    assert say(Problem("/proc/net/dev", "no row"), lm.QUERY) is None
    assert say(Gap("unreadable", "/sys/class/net", "of another namespace"), lm.QUERY) is None
