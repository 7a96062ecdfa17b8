"""A host with 50 sockets: the processor time of the whole process, beside a Python that does nothing."""

from __future__ import annotations

from commands import NOTHING, Job
from measuring import measure
from results import Row, compared
from socket_makers import Share, SocketMakers

ROUNDS = 20
OWNERS = "-tulpn"


def run(job: Job) -> list[Row]:
    """Make the sockets, measure, and return the rows."""
    with SocketMakers() as makers:
        makers.add([Share(listeners=20, pairs=10, udp=10)])
        taken = measure([job.ours("-tan"), job.ours(OWNERS), NOTHING], job.size(max(ROUNDS, job.rounds), job.rounds))
    nothing = taken[NOTHING.name]
    work, peer = "50 sockets, processor time", f"`{NOTHING.name}`"
    return [
        compared(f"{work}, `-tan`", taken["pynetstat -tan"], peer, nothing, 7, 5, processor=True),
        compared(f"{work}, `{OWNERS}`", taken[f"pynetstat {OWNERS}"], peer, nothing, processor=True),
    ]
