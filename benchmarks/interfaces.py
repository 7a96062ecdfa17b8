"""2,000 interfaces, pairs of veth: text and JSON."""

from __future__ import annotations

from commands import Job, system_tool
from measuring import measure
from results import Row, compared
from routes import run_ip


def run(job: Job) -> list[Row]:
    """Make the interfaces, measure all commands, and return the rows."""
    number = job.size(2000, 10)
    run_ip([], (f"link add va{pair} type veth peer name vb{pair}\n" for pair in range(number // 2)))
    peers = ("netstat -ia", "ip -s -j addr")
    ours = [job.ours(options) for options in ("-ia", "--json -ia")]
    taken = measure([*ours, *(system_tool(peer) for peer in peers)], job.rounds)
    text, json = taken["pynetstat -ia"], taken["pynetstat --json -ia"]
    return [
        compared(f"{number:,} interfaces, `-ia`", text, "`netstat -ia`", taken["netstat -ia"], 1.3, 1.0),
        compared(f"{number:,} interfaces, `--json -ia`", json, "`ip -s -j addr`", taken["ip -s -j addr"], 3.0),
    ]
