"""100,000 TCP sockets, one in twenty listening and one in ten of IPv6: text, JSON, owners, and what ``ss -i`` knows."""

from __future__ import annotations

from commands import Job, psutil_connections, system_tool
from measuring import Samples, measure
from results import MEBIBYTES, Row, compared
from socket_makers import SocketMakers

SOCKETS, QUICK = 100_000, 400
TEXT, JSON, NDJSON, OWNERS, INFO = "-tan", "--json -tan", "--ndjson -tan", "-tanp", "--tcp-info --json -tan"


def run(job: Job) -> list[Row]:
    """Make the sockets, measure all commands, and return the rows."""
    sockets = job.size(SOCKETS, QUICK)
    with SocketMakers() as makers:
        makers.grow_to(sockets)
        plain = [job.ours(options) for options in (TEXT, JSON, NDJSON)]
        peers = [system_tool("ss -tan"), system_tool("netstat -tan"), psutil_connections("tcp")]
        taken = measure([*plain, *peers], job.rounds)
        owners = [job.ours(OWNERS), system_tool("netstat -tanp"), system_tool("ss -tanp")]
        taken |= measure(owners, min(job.rounds, 3))
        has_info = job.offers("--tcp-info")
        if has_info:
            taken |= measure([job.ours(INFO), system_tool("ss -tani")], job.rounds)
    rows = [*_plain_rows(taken, f"{sockets:,} TCP"), *_owner_rows(taken, f"{sockets:,} TCP")]
    if has_info:
        ours = taken[f"pynetstat {INFO}"]
        rows.append(compared(f"{sockets:,} TCP, `{INFO}`", ours, "`ss -tani`", taken["ss -tani"], 2.5))
    return rows


def _plain_rows(taken: dict[str, Samples], work: str) -> list[Row]:
    text = taken[f"pynetstat {TEXT}"]
    rows = [
        compared(f"{work}, `{TEXT}`", text, "`ss -tan`", taken["ss -tan"], 1.5, 1.0),
        compared(f"{work}, `{TEXT}`", text, "`netstat -tan`", taken["netstat -tan"], 0.9),
        compared(f"{work}, `{TEXT}`", text, "`psutil.net_connections('tcp')`", taken["psutil.net_connections('tcp')"]),
    ]
    for options in (JSON, NDJSON):
        ours = taken[f"pynetstat {options}"]
        rows.append(compared(f"{work}, `{options}`", ours, "`ss -tan`", taken["ss -tan"], 2.0, 1.5))
    return rows


def _owner_rows(taken: dict[str, Samples], work: str) -> list[Row]:
    ours = taken[f"pynetstat {OWNERS}"]
    return [
        compared(f"{work}, `{OWNERS}`", ours, "`netstat -tanp`", taken["netstat -tanp"], 0.5, 0.35),
        compared(f"{work}, `{OWNERS}`", ours, "`ss -tanp`", taken["ss -tanp"], 0.25),
        Row(f"{work}, `{OWNERS}`, peak memory", "", ours.peak_mib, MEBIBYTES, required=45),
    ]
