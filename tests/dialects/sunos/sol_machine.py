"""A machine that shows every kind of row of the SunOS dialect, made from built messages and files, as a capture.

``python tests/dialects/sunos/sol_machine.py`` writes ``sol.txt``; a test sees that it is up to date. Its pages have
8192 bytes, its name has a domain. ``made(1)`` is the same machine ten seconds later.
"""

from __future__ import annotations

import socket
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

TESTS = Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(TESTS), *(str(TESTS / name) for name in ("host", "route", "iface"))]

import link_messages as lm  # noqa: E402
import rtnetlink_messages as rm  # noqa: E402
from stand_ins import CannedSystem  # noqa: E402

from netstat_core import Query  # noqa: E402
from netstat_core.host.discovery import Host  # noqa: E402
from netstat_core.report.run import Run  # noqa: E402
from netstat_core.system import Machine, capture  # noqa: E402
from netstat_core.system.recording import RecordingSystem  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PACKED = Path(__file__).parent / "sol.txt"
TABLES = (
    "routes",
    "route_cache",
    "interfaces",
    "neighbours",
    "groups",
    "statistics",
    "settings",
    "memory",
    "multicast_routes",
)
UP, BROADCAST, LOOPBACK, POINTOPOINT, RUNNING, NOARP, MULTICAST = 1, 2, 8, 0x10, 0x40, 0x80, 0x1000
ETHERNET, LOOPBACK_KIND, PPP = 1, 772, 512
LO, ETH0, PPP0, SPARE, ETH1 = 1, 2, 3, 4, 5
LOCAL, BROADCAST_ROUTE, ANYCAST, MULTICAST_ROUTE, BLACKHOLE, UNREACHABLE = 2, 3, 4, 5, 6, 7
KERNEL, STATIC = 2, 4
TABLE_LOCAL, TABLE_100 = 255, 100
INCOMPLETE, REACHABLE, STALE, FAILED, NO_ARP, PERMANENT = 1, 2, 4, 0x20, 0x40, 0x80
PROXY = 8
TENTATIVE, SECONDARY = 0x40, 1
CLONED = 0x200

NAMES = {
    "hosts": {
        "192.0.2.1": "router.example.com",
        "192.0.2.10": "sol.example.com",
        "192.0.2.11": "sol-www.example.com",
        "10.5.0.2": "gate.example.org",
        "198.51.100.6": "peer.EXAMPLE.com",
        "203.0.113.7": "far.example.net",
        "2001:db8:1::10": "sol6.example.com",
        "fe80::2": "router6.example.com",
        "224.0.0.1": "all-systems.mcast.net",
    },
    "networks": {"10.5.0.0": "lab-net", "127.0.0.0": "loopback"},
    "services": {},
}


def raw(address: str) -> bytes:
    """Return the bytes of an address."""
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def hardware(last: int) -> bytes:
    """Return an Ethernet address."""
    return bytes((2, 0, 0, 0, 0, last))


def links(later: int) -> Iterator[bytes]:
    """Yield the interfaces; ``later`` is how often ten seconds have gone by."""
    ethernet = UP | BROADCAST | RUNNING | MULTICAST
    yield _link(b"lo", LO, 65536, UP | LOOPBACK | RUNNING, bytes(6), (10 + later, 10 + later), kind=LOOPBACK_KIND)
    received = (5000 + 100 * later, 4000 + 50 * later, 0, 0, 1, 2 + later, 0, 0, 0, 3)
    yield _link(b"eth0", ETH0, 1500, ethernet, hardware(1), received)
    yield _link(b"ppp0", PPP0, 1400, UP | POINTOPOINT | NOARP | RUNNING, b"", (70, 60), kind=PPP)
    yield _link(b"spare0", SPARE, 1500, ethernet, hardware(4), (9, 9))
    yield _link(b"eth1", ETH1, 9000, ethernet, hardware(5), (1234567 + 3 * later, 7654321))


def _link(  # noqa: PLR0913, PLR0917 - what differs
    name: bytes, index: int, mtu: int, flags: int, address: bytes, counters: Iterable[int], *, kind: int = ETHERNET
) -> bytes:
    attributes = [lm.number(lm.MTU, mtu), lm.attribute(lm.ADDRESS, address), lm.counters(*counters)]
    return lm.link(name, *attributes, index=index, kind=kind, flags=flags)


def addresses() -> Iterator[bytes]:
    """Yield the addresses, those of IPv4 first as the kernel does."""
    yield _address(LO, "127.0.0.1", 8, label=b"lo", scope=254)
    yield _address(ETH0, "192.0.2.10", 24, label=b"eth0")
    yield _address(ETH0, "192.0.2.11", 24, label=b"eth0:1", flags=SECONDARY)
    yield _address(PPP0, "198.51.100.5", 32, label=b"ppp0", peer="198.51.100.6")
    yield _address(ETH1, "10.5.0.1", 16, label=b"eth1")
    yield _address(LO, "::1", 128, scope=254)
    yield _address(ETH0, "2001:db8:1::10", 64)
    yield _address(ETH0, "fe80::1", 64, scope=253)
    yield _address(ETH1, "fe80::5", 64, scope=253, flags=TENTATIVE)


def _address(  # noqa: PLR0913 - what differs
    index: int, own: str, length: int, *, label: bytes = b"", scope: int = 0, flags: int = 0, peer: str | None = None
) -> bytes:
    local = [lm.attribute(2, raw(own))] if ":" not in own else []
    labels = [lm.text(3, label)] if label else []
    attributes = [lm.attribute(1, raw(peer or own)), *local, *labels, lm.number(8, flags)]
    family = rm.INET6 if ":" in own else rm.INET
    return lm.address(index, family, length, *attributes, scope=scope)


def _route(  # noqa: PLR0913 - what differs
    destination: str | None,
    length: int,
    index: int | None = None,
    *more: bytes,
    via: str | None = None,
    source: str | None = None,
    inet6: bool = False,
    **fields: int,
) -> bytes:
    attributes = [rm.attribute(1, raw(destination))] if destination else []
    attributes += [rm.attribute(7, raw(source))] if source else []
    attributes += [rm.attribute(5, raw(via))] if via else []
    attributes += [rm.attribute(4, rm.numbers(index))] if index else []
    attributes += [rm.attribute(6, rm.numbers(1024))] if inet6 else []
    family = rm.INET6 if inet6 else rm.INET
    return rm.route(*attributes, *more, family=family, length=length, **fields)


def _hop(index: int, via: str | None = None) -> bytes:
    return rm.hop(rm.attribute(5, raw(via)) if via else b"", index=index)


def _metrics(**values: int) -> bytes:
    """Return RTA_METRICS with lock, mtu and rtt."""
    kinds = {"lock": 1, "mtu": 2, "rtt": 4}
    return rm.attribute(8, b"".join(rm.attribute(kinds[name], rm.numbers(value)) for name, value in values.items()))


def routes() -> Iterator[bytes]:
    """Yield the IPv4 routes of the tables main, 100 and local."""
    yield _route(None, 0, ETH1, via="10.5.0.2", table=TABLE_100)
    yield _route(None, 0, ETH0, via="192.0.2.1")
    yield _route("10.5.0.0", 16, ETH1, source="10.5.0.1", protocol=KERNEL)
    yield _route("10.20.0.0", 16, None, rm.attribute(9, _hop(ETH1, "10.5.0.2") + _hop(ETH0)))
    yield _route("10.30.0.0", 16, ETH1, rm.attribute(18, struct.pack("<H", rm.INET6) + raw("fe80::9")))
    yield _route("10.40.0.0", 16, type=UNREACHABLE)
    yield _route("10.41.0.0", 16, type=BLACKHOLE)
    yield _route("10.50.0.0", 16, ETH1, _metrics(lock=1 << 2, mtu=1400, rtt=2400), via="10.5.0.3")
    yield _route("10.51.0.0", 16, ETH1, _metrics(mtu=1300), via="10.5.0.3")
    yield _route("10.60.0.0", 16, None, rm.attribute(30, rm.numbers(10)))
    yield _route("172.16.0.0", 12, ETH0, source="10.5.0.1", protocol=STATIC)
    yield _route("192.0.2.0", 24, ETH0, source="192.0.2.10", protocol=KERNEL)
    yield _route("198.51.100.6", 32, PPP0, source="198.51.100.5", protocol=KERNEL)
    yield _route("203.0.113.7", 32, ETH0, via="192.0.2.1")
    own = {"table": TABLE_LOCAL, "protocol": KERNEL}
    yield _route("10.5.0.1", 32, ETH1, source="10.5.0.1", type=LOCAL, **own)
    yield _route("127.0.0.0", 8, LO, source="127.0.0.1", type=LOCAL, **own)
    yield _route("127.0.0.1", 32, LO, source="127.0.0.1", type=LOCAL, **own)
    yield _route("192.0.2.10", 32, ETH0, source="192.0.2.10", type=LOCAL, **own)
    yield _route("192.0.2.255", 32, ETH0, source="192.0.2.10", type=BROADCAST_ROUTE, **own)


def next_hops() -> Iterator[bytes]:
    """Yield the objects 1 and 2, and the group 10 of both."""
    for number, index, via in ((1, ETH1, "10.5.0.4"), (2, ETH0, "192.0.2.7")):
        yield rm.next_hop(number, rm.attribute(5, rm.numbers(index)), rm.attribute(6, raw(via)))
    yield rm.next_hop(10, rm.attribute(2, b"".join(rm.numbers(number, 0) for number in (1, 2))))


def routes6() -> Iterator[bytes]:
    """Yield the IPv6 routes of the tables main and local."""
    yield _route("2001:db8:1::", 64, ETH0, inet6=True, protocol=KERNEL)
    yield _route("2001:db8:5::", 64, LO, inet6=True, type=BLACKHOLE)
    yield _route("2001:db8:6::", 64, LO, inet6=True, type=UNREACHABLE)
    hops = _hop(ETH0, "fe80::2") + _hop(ETH1, "fe80::3")
    yield _route("2001:db8:7::", 64, None, rm.attribute(9, hops), inet6=True)
    subtree = rm.attribute(2, raw("2001:db8:1::"))
    yield _route("2001:db8:8::", 64, ETH0, subtree, inet6=True, via="fe80::2", source_length=64)
    yield _route("2001:db8:e::", 48, ETH0, _metrics(mtu=1300, rtt=80), inet6=True, via="fe80::2")
    yield _route("fe80::", 64, ETH0, inet6=True, protocol=KERNEL)
    yield _route("fe80::", 64, ETH1, inet6=True, protocol=KERNEL)
    yield _route(None, 0, ETH0, inet6=True, via="fe80::2")
    own = {"table": TABLE_LOCAL, "protocol": KERNEL}
    yield _route("::1", 128, LO, inet6=True, type=LOCAL, **own)
    yield _route("2001:db8:1::", 128, ETH0, inet6=True, type=ANYCAST, **own)
    yield _route("2001:db8:1::10", 128, ETH0, inet6=True, type=LOCAL, **own)
    yield _route("ff00::", 8, ETH0, inet6=True, type=MULTICAST_ROUTE, **own)


def cached6() -> Iterator[bytes]:
    """Yield an exception: the path to a host has a smaller MTU."""
    yield _route(
        "2001:db8:9::9", 128, ETH0, _metrics(mtu=1280), inet6=True, via="fe80::2", flags=CLONED, protocol=KERNEL
    )


def neighbours() -> Iterator[bytes]:
    """Yield neighbours of both families in every state."""
    for address, index, state, last in (
        ("192.0.2.1", ETH0, REACHABLE, 0xAA),
        ("192.0.2.20", ETH0, FAILED, None),
        ("192.0.2.21", ETH0, PERMANENT, 0x21),
        ("10.5.0.2", ETH1, STALE, 0x52),
        ("127.0.0.1", LO, NO_ARP, 0),
        ("224.0.0.22", ETH1, NO_ARP, 0x16),
        ("fe80::2", ETH0, REACHABLE, 0xAA),
        ("2001:db8:1::20", ETH0, INCOMPLETE, None),
        ("2001:db8:1::21", ETH0, PERMANENT, 0x21),
        ("2001:db8:1::22", ETH0, FAILED, None),
        ("ff02::1", ETH1, NO_ARP, 0x01),
    ):
        yield _neighbour(address, index, state, last)


def proxies() -> Iterator[bytes]:
    """Yield addresses that the machine answers for, the last on all interfaces."""
    yield _neighbour("192.0.2.99", ETH0, 0, None, flags=PROXY)
    yield _neighbour("2001:db8:1::99", ETH0, 0, None, flags=PROXY)
    yield _neighbour("192.0.2.98", 0, 0, None, flags=PROXY)


def _neighbour(address: str, index: int, state: int, last: int | None, *, flags: int = 0) -> bytes:
    attributes = [rm.attribute(1, raw(address))]
    attributes += [] if last is None else [rm.attribute(2, hardware(last))]
    family = rm.INET6 if ":" in address else rm.INET
    return rm.neighbour(*attributes, family=family, index=index, state=state, flags=flags, type=1)


def _pair(section: str, **counters: int) -> str:
    return f"{section}: {' '.join(counters)}\n{section}: {' '.join(map(str, counters.values()))}\n"


def _rows(**counters: int) -> bytes:
    return "".join(f"{name:<32}\t{value}\n" for name, value in counters.items()).encode()


def files(later: int) -> dict[str, bytes]:
    """Return the files by path."""
    snmp = (
        _pair("Ip", Forwarding=1, DefaultTTL=64, InReceives=900 + 9 * later, InDelivers=800, OutRequests=700)
        + _pair("Icmp", InMsgs=8, InErrors=1, InCsumErrors=0, InEchos=3, OutMsgs=5 + later, OutEchoReps=3)
        + _pair("IcmpMsg", InType8=3, InType9=2, InType42=2 + later, OutType0=3)
        + _pair("Tcp", RtoAlgorithm=1, RtoMin=200, RtoMax=120000, MaxConn=-1, CurrEstab=4 + later, InSegs=50 + later)
        + _pair("Udp", InDatagrams=100 + 10 * later, NoPorts=1, InErrors=2, OutDatagrams=90, SndbufErrors=3)
    )
    ext = _pair("TcpExt", DelayedACKs=7, TCPPureAcks=20, TCPHPAcks=30) + _pair("IpExt", InCsumErrors=1)
    snmp6 = {"Ip6InReceives": 60 + later, "Ip6InDelivers": 55, "Icmp6InMsgs": 6, "Icmp6OutMsgs": 5}
    udp6 = {"Udp6InDatagrams": 11 + later, "Udp6InErrors": 1, "Udp6OutDatagrams": 9, "Udp6SndbufErrors": 2}
    of_eth0 = {"ifIndex": ETH0, "Ip6InReceives": 40 + later, "Icmp6InMsgs": 4, "Icmp6InGroupMembResponses": 1}
    of_eth0 |= {"Icmp6InMLDv2Reports": 2}
    of_lo = {"ifIndex": LO, "Ip6InReceives": 20, "Icmp6InMsgs": 2}
    sctp = {"SctpCurrEstab": 2, "SctpActiveEstabs": 5 + later, "SctpT3Retransmits": 4, "SctpFastRetransmits": 3}
    sctp |= {"SctpPmtudRetransmits": 1}
    settings = {
        "ipv4/ipfrag_time": 30,
        "ipv4/ip_no_pmtu_disc": 0,
        "ipv6/conf/all/forwarding": 0,
        "ipv6/conf/all/hop_limit": 64,
        "ipv6/conf/eth0/forwarding": 1,
        "ipv6/conf/eth0/hop_limit": 99,
        "sctp/rto_min": 1000,
        "sctp/rto_max": 60000,
        "sctp/rto_initial": 3000,
        "sctp/valid_cookie_life": 60000,
        "sctp/max_init_retransmits": 8,
    }
    return {
        "/proc/net/snmp": snmp.encode(),
        "/proc/net/netstat": ext.encode(),
        "/proc/net/snmp6": _rows(**snmp6, **udp6),
        "/proc/net/dev_snmp6/eth0": _rows(**of_eth0),
        "/proc/net/dev_snmp6/lo": _rows(**of_lo),
        "/proc/net/sctp/snmp": _rows(**sctp),
        "/proc/net/xfrm_stat": _rows(XfrmInError=1, XfrmInNoStates=2, XfrmOutError=9),
        "/proc/net/sockstat": b"sockets: used 33\nTCP: inuse 2 orphan 0 tw 0 alloc 3 mem 5\n"
        b"UDP: inuse 1 mem 2\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 1 memory 1500\n",
        "/proc/net/sockstat6": b"TCP6: inuse 0\nUDP6: inuse 0\nUDPLITE6: inuse 0\nRAW6: inuse 0\n"
        b"FRAG6: inuse 1 memory 700\n",
        "/proc/net/rt_cache": RT_CACHE,
        "/proc/net/igmp": IGMP,
        "/proc/net/igmp6": b"2    eth0            ff02000000000000000000000000000a     1 00000004 0\n",
        "/proc/net/mcfilter": MCFILTER,
        "/proc/net/mcfilter6": b"Idx Device Multicast Address Source Address    INC    EXC\n",
        "/proc/net/if_inet6": b"fe800000000000000000000000000001 02 40 20 80     eth0\n"
        b"20010db8000100000000000000000010 02 40 00 80     eth0\n",
        **{f"/proc/sys/net/{name}": b"%d\n" % value for name, value in settings.items()},
    }


RT_CACHE = b"Iface\tDestination\tGateway \tFlags\t\tRefCnt\tUse\tMetric\tSource\t\tMTU\tWindow\tIRTT".ljust(127) + b"\n"
IGMP = b"""Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter
2\teth0      :     4      V3
\t\t\t\t010101E8     2 0:00000000\t\t0
\t\t\t\t020101EF     3 0:00000000\t\t0
\t\t\t\t010000E0     1 0:00000000\t\t0
"""
MCFILTER = b"""Idx Device        MCA        SRC    INC    EXC
  2   eth0 0xe8010101 0xc0000264      2      0
  2   eth0 0xe8010101 0xc0000265      1      0
  2   eth0 0xef010102 0xc0000266      0      1
  2   eth0 0xef010102 0xc0000267      1      1
"""


def system(later: int) -> CannedSystem:
    """Return the machine, as often ten seconds after its first look as ``later`` says."""
    dumps: Mapping[str, Iterable[bytes]] = {
        "route/links": [b"".join(links(later))],
        "route/addresses": [b"".join(addresses())],
        "route/inet-all": [b"".join(routes())],
        "route/inet6-all": [b"".join(routes6())],
        "route/inet6-cache": [b"".join(cached6())],
        "route/next_hops": [b"".join(next_hops())],
        "route/neighbours-all": [b"".join(neighbours())],
        "route/proxies-all": [b"".join(proxies())],
    }
    made = CannedSystem(files(later), dumps)
    made.machine = Machine(
        hostname="sol.example.com",
        kernel_release="6.12.0",
        captured_at=f"2026-11-29T12:00:{10 * later:02}.000Z",
        live=False,
        page_bytes=8192,
    )
    made.namespace = {"inode": 4026531833, "name": None}
    return made


def made(later: int = 0) -> str:
    """Return the capture."""
    recording = RecordingSystem(system(later))
    for _ in Run(Query(tables=TABLES, route_table="all", show="all"), recording, Host()):
        pass
    return capture.pack(recording.to_tree(NAMES))


if __name__ == "__main__":
    PACKED.write_text(made() + "\n")
