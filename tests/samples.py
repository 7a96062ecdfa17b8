"""Samples for sweeps over all plugins: real contents of every file and dump that our plugins read."""

from __future__ import annotations

from pathlib import Path

from built_sockets import BUILT, make_snapshot
from trees import FIXTURES, Trees

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
}
"""Files that no fixture of a machine has."""


def samples(trees: Trees) -> list[Path | dict[str, bytes]]:
    """Give real contents of all files and dumps that our plugins read."""
    folders = [trees[f"captures/{name}"] for name in CAPTURES] + [trees[f"examples/{name}"] for name in EXAMPLES]
    dumps = [FIXTURES / f"netlink/{name}.txt" for name in DUMPS]
    built = [make_snapshot(name) for name in BUILT]
    return [*folders, *dumps, OLD_KERNELS / "linux-2.0", OLD_KERNELS / "linux-2.4", MADE, *built]
