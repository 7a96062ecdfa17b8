"""100,000 tracked connections, most of them TCP and all masqueraded: text and JSON. No packet is sent for them."""

from __future__ import annotations

from commands import Job, system_tool
from measuring import measure
from results import Row, compared
from tracked_connections import check_room, track

PEER = "conntrack -L"


def run(job: Job) -> list[Row]:
    """Make the connections, measure all commands, and return the rows."""
    number = job.size(100_000, 200)
    check_room(number)
    track(0, number)
    ours = [job.ours(options) for options in ("-Mn", "-M --json", "-M --ndjson")]
    taken = measure([*ours, system_tool(PEER)], job.rounds)
    bounds = {"-Mn": (1.4, 1.2)}
    return [
        compared(
            f"{number:,} tracked connections, `{command.name.removeprefix('pynetstat ')}`",
            taken[command.name],
            f"`{PEER}`",
            taken[PEER],
            *bounds.get(command.name.removeprefix("pynetstat "), (None, None)),
        )
        for command in ours
    ]
