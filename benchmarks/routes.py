"""50,000 IPv4 and 20,000 IPv6 routes over some hundred gateways: text and JSON."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address

from commands import Job, system_tool
from measuring import NotMadeError, measure
from results import Row, compared

GATEWAYS = 200
SETUP = """\
link add b0 type veth peer name b1
link set b0 up
link set b1 up
addr add 10.255.0.1/16 dev b0
addr add 2001:db8:ffff::1/64 dev b0 nodad
"""
FIRST = int(IPv4Address("11.0.0.0"))
FIRST6 = int(IPv6Address("2001:db8::"))
FAMILIES = (
    ("IPv4", "-rn", "netstat -rn", "ip -j route", (1.6, 1.0, 2.5, 1.5)),
    ("IPv6", "-6rn", "netstat -6rn", "ip -j -6 route", (None, None, None, None)),
)
"""Name, our options, the peers for text and for JSON, and what is required and aimed at: of text, then of JSON."""


def run(job: Job) -> list[Row]:
    """Make the routes, measure all commands, and return the rows."""
    counts = {"IPv4": job.size(50_000, 50), "IPv6": job.size(20_000, 50)}
    make(counts["IPv4"], counts["IPv6"])
    rows = []
    for name, options, netstat, ip, bounds in FAMILIES:
        commands = [job.ours(options), job.ours(f"--json {options}"), system_tool(netstat), system_tool(ip)]
        taken = measure(commands, job.rounds)
        work = f"{counts[name]:,} {name} routes"
        text, json = taken[f"pynetstat {options}"], taken[f"pynetstat --json {options}"]
        rows += [
            compared(f"{work}, `{options}`", text, f"`{netstat}`", taken[netstat], *bounds[:2]),
            compared(f"{work}, `--json {options}`", json, f"`{ip}`", taken[ip], *bounds[2:]),
        ]
    return rows


def make(routes: int, routes6: int) -> None:
    """Make the interface, then the routes of both families."""
    run_ip([], SETUP.splitlines(keepends=True))
    gateways = [f"10.255.0.{number + 2}" for number in range(GATEWAYS)]
    gateways6 = [f"2001:db8:ffff::{number + 2:x}" for number in range(GATEWAYS)]
    lines = (f"route add {IPv4Address(FIRST + 256 * n)}/24 via {gateways[n % GATEWAYS]}\n" for n in range(routes))
    run_ip(["-4"], lines)
    lines = (f"route add {IPv6Address(FIRST6 + (n << 80))}/48 via {gateways6[n % GATEWAYS]}\n" for n in range(routes6))
    run_ip(["-6"], lines)


def run_ip(options: list[str], commands: Iterable[str]) -> None:
    """Give ip a batch of commands; raises NotMadeError with what it says."""
    ip = shutil.which("ip")
    if ip is None:
        raise NotMadeError("ip is not installed")
    batch = "".join(commands)
    finished = subprocess.run([ip, *options, "-batch", "-"], input=batch, text=True, capture_output=True, check=False)
    if finished.returncode:
        raise NotMadeError(next(iter(finished.stderr.strip().splitlines()), "ip failed"))
