"""Sockets as busy servers have them: some of them in TIME_WAIT, IPv4 with IPv6, and sockets of UDP and UNIX.

The kernel's messages about sockets in TIME_WAIT are shorter, and stand between the others. These sockets last a minute,
so each mix is made anew, with a namespace of its own, right before it is measured.
"""

from __future__ import annotations

from commands import Job, system_tool
from measuring import NotMadeError, measure
from private_network import new_network
from results import Row, compared
from socket_makers import Share, SocketMakers, count_time_wait

SOCKETS, QUICK = 25_500, 300
SHARES = {"a third in TIME_WAIT": (1 / 3, 10, 1.8, 1.2), "10% in TIME_WAIT": (0.1, 10, None, None)}
SHARES |= {"50% in TIME_WAIT": (0.5, 10, None, None), "half of IPv6": (0, 2, None, None)}
"""By name: the share in TIME_WAIT, of how many one is of IPv6, and what is required beside ss and netstat."""

MAKERS = 2
LISTENERS = 10
OTHERS = {"UDP": ("-uan", "ss -uan", "netstat -uan"), "UNIX": ("-xan", "ss -xan", "netstat -xan")}


def run(job: Job) -> list[Row]:
    """Make and measure one mix after the other, and return the rows."""
    rows = []
    for name, (waiting, one_ipv6_in, beside_ss, beside_netstat) in SHARES.items():
        total = job.size(SOCKETS, QUICK)
        time_wait = round(total * waiting / MAKERS)
        pairs = (total // MAKERS - time_wait - LISTENERS) // 2
        share = Share(LISTENERS, pairs, time_wait=time_wait, one_ipv6_in=one_ipv6_in)
        rows += _measure_tcp(job, f"{total:,} TCP, {name}", [share] * MAKERS, beside_ss, beside_netstat)
    number = job.size(10_000, 100)
    kinds = {"UDP": Share(0, 0, udp=number), "UNIX": Share(0, 0, unix_pairs=number // 2)}
    for name, share in kinds.items():
        rows += _measure_others(job, f"{number:,} {name}", share, *OTHERS[name])
    return rows


def _measure_tcp(
    job: Job, work: str, shares: list[Share], beside_ss: float | None, beside_netstat: float | None
) -> list[Row]:
    new_network()
    with SocketMakers() as makers:
        makers.add(shares)
        commands = [job.ours("-tan"), job.ours("--json -tan"), system_tool("ss -tan"), system_tool("netstat -tan")]
        taken = measure(commands, job.rounds)
        if count_time_wait() < sum(share.time_wait for share in shares):
            raise NotMadeError(f"{work}: measuring took longer than TIME_WAIT lasts; ask for fewer rounds")
    ours, ss = taken["pynetstat -tan"], taken["ss -tan"]
    return [
        compared(f"{work}, `-tan`", ours, "`ss -tan`", ss, beside_ss, 1.0 if beside_ss else None),
        compared(f"{work}, `-tan`", ours, "`netstat -tan`", taken["netstat -tan"], beside_netstat),
        compared(f"{work}, `--json -tan`", taken["pynetstat --json -tan"], "`ss -tan`", ss),
    ]


def _measure_others(job: Job, work: str, share: Share, options: str, *peers: str) -> list[Row]:
    new_network()
    with SocketMakers() as makers:
        makers.add([share])
        taken = measure([job.ours(options), *(system_tool(peer) for peer in peers)], job.rounds)
    ours = taken[f"pynetstat {options}"]
    return [compared(f"{work}, `{options}`", ours, f"`{peer}`", taken[peer]) for peer in peers]
