"""Samples for sweeps over all plugins: real contents of every file and dump that our plugins read."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from built_sockets import BUILT, make_snapshot
from leased import link, timed
from netstat_iface.netlink_address import INET_ADDRESSES
from netstat_iface.netlink_link import LINKS_WITH_STATISTICS
from trees import FIXTURES, Trees

from netstat_core.system.capture import frame_datagrams

CAPTURES = (
    *("tcp-a-6.18", "legacy-a-6.1", "sctp-a-6.1", "ifaces-a-6.1", "mroute-a-6.18", "misc-a-6.1", "mcast-a-6.1"),
    *("routes-a-6.1", "unix-a-6.18"),
)
EXAMPLES = ("masq", "route", "route20")
DUMPS = ("interfaces", "multicast", "routes", "router", "sockets", "unix")
OLD_KERNELS = Path(__file__).resolve().parent / "legacy_af/old_kernels"

TRACKED = (
    b"tcp      6 117 SYN_SENT src=10.1.0.2 dst=203.0.113.2 sport=6053 dport=25 [UNREPLIED] src=203.0.113.2 "
    b"dst=203.0.113.1 sport=25 dport=6053 use=2\n"
    b"udp      17 27 src=10.1.0.2 dst=203.0.113.2 sport=60580 dport=53 src=203.0.113.2 dst=203.0.113.1 "
    b"sport=53 dport=60580 use=2\n"
)
MADE = {
    "/proc/net/ip_conntrack": TRACKED,
    "/proc/sys/net/ipv4/ip_local_port_range": b"32768\t60999\n",
    "/proc/sys/net/ipv4/ip_local_reserved_ports": b"\n",  # any part of a list would be a list
    "/proc/net/nf_conntrack": b"".join(b"ipv4     2 " + line for line in TRACKED.splitlines(keepends=True)),
    "/etc/default/inet_type": b"DEFAULT_IP=BOTH\n",
    "/proc/sys/net/ipv4/ip_no_pmtu_disc": b"1\n",
    "/proc/sys/net/ipv4/ipfrag_time": b"3\n",  # any part of a longer number would be a number
    **{f"/proc/sys/net/ipv6/conf/all/{name}": b"6\n" for name in ("forwarding", "hop_limit")},
    **{
        f"/proc/sys/net/sctp/{name}": b"3\n"
        for name in ("rto_min", "rto_max", "rto_initial", "valid_cookie_life", "max_init_retransmits")
    },
    "/proc/stat": b"cpu  1 2 3 4\nintr 0\nctxt 12\nbtime 1715688000\nprocesses 7\nsoftirq 1 2 3\n",
}
"""Files that no fixture of a machine has."""

_DHCLIENT = b"""lease {
  interface "%s";
  fixed-address 192.0.2.50;
  option dhcp-lease-time 3600;
  renew 3 2024/05/15 10:41:12;
  rebind 3 2024/05/15 11:07:59;
  expire 3 2024/05/15 11:15:29;
}
"""
_PRIVATE = b"# This is private data. Do not parse.\nADDRESS=192.0.2.%d\nT1=30min\nLIFETIME=1h\n"
_MESSAGE = b"\2\1\6\0" + bytes(12) + b"\xc0\0\2\x4d" + bytes(216) + b"\x63\x82\x53\x63\x35\1\5\x33\4\0\0\x0e\x10\xff"
_CONNECTION = "1f0bcab1-9a04-4d2e-a0a4-bd93b1b1b1b1"


_REPLIES = [
    (LINKS_WITH_STATISTICS, frame_datagrams([link(2, "d0"), link(3, "n0")])),
    (INET_ADDRESSES, frame_datagrams([timed(2, "192.0.2.50", 60, 5)])),
]
_NETLINK = [
    {"name": dump.name, "protocol": dump.protocol, "type": dump.type, "body": dump.body.hex(), "reply": f"netlink/{n}"}
    for n, (dump, _) in enumerate(_REPLIES)
]
LEASES = {
    "/capture.json": json.dumps({"byte_order": sys.byteorder, "netlink": _NETLINK}).encode(),
    **{f"/netlink/{n}": reply for n, (_, reply) in enumerate(_REPLIES)},
    "/sys/class/net/d0/ifindex": b"2\n",
    "/sys/class/net/n0/ifindex": b"3\n",
    "/var/lib/dhcp/dhclient.leases": _DHCLIENT % b"d0",
    "/var/lib/dhclient/dhclient.leases": _DHCLIENT % b"d0",
    "/var/lib/dhclient/dhclient-d0.lease": _DHCLIENT % b"d0",
    f"/var/lib/NetworkManager/dhclient-{_CONNECTION}-n0.lease": _DHCLIENT % b"n0",
    f"/var/lib/NetworkManager/internal-{_CONNECTION}-n0.lease": _PRIVATE % 60,
    "/run/NetworkManager/devices/3": b"[device]\nmanaged=true\nconnection-uuid=%s\n" % _CONNECTION.encode(),
    "/run/systemd/netif/leases/2": _PRIVATE % 50,
    "/var/lib/dhcpcd/d0.lease": _MESSAGE,
    "/var/lib/dhcpcd5/d0.lease": _MESSAGE,
    "/var/db/dhcpcd/d0.lease": _MESSAGE,
}
"""Files of DHCP clients."""


def samples(trees: Trees) -> list[Path | dict[str, bytes]]:
    """Give real contents of all files and dumps that our plugins read."""
    folders = [trees[f"captures/{name}"] for name in CAPTURES] + [trees[f"examples/{name}"] for name in EXAMPLES]
    dumps = [FIXTURES / f"netlink/{name}.txt" for name in DUMPS]
    built = [make_snapshot(name) for name in BUILT]
    return [*folders, *dumps, OLD_KERNELS / "linux-2.0", OLD_KERNELS / "linux-2.4", MADE, LEASES, *built]
