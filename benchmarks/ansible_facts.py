"""Facts for Ansible: what all records of 20,000 sockets cost the controller, and what a task takes beside a ping."""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from commands import Job
from measuring import NotMadeError
from playbooks import FACTS, PING, play
from results import SECONDS, Row
from socket_makers import SocketMakers

from netstat_core.facts.gather import gather
from netstat_core.facts.query import facts_query, make_query
from netstat_core.host.discovery import Host
from netstat_core.report.plan import plan
from netstat_core.system import capture, find_namespaces
from netstat_core.system.archive import unpack_text
from netstat_core.system.snapshot import SnapshotSystem

DESCRIPTORS, HOLDERS = 100_000, 6
HOLD = "import os, sys; kept = [open(os.devnull) for _ in range(int(sys.argv[1]))]; print(flush=True); sys.stdin.read()"
WITHOUT_OWNERS = {"netstat.core.netstat_facts": {"owners": False}}


def run(job: Job) -> list[Row]:
    """Measure all, and return the rows."""
    rows = [controller(job)]
    playbook = Path(sys.executable).with_name("ansible-playbook")
    if not playbook.exists() or importlib.util.find_spec("ansible") is None:
        return rows
    tasks: dict[str, dict[str, Any]] = {"ping": PING, "facts": FACTS}
    if "owners" in inspect.signature(make_query).parameters:
        tasks["facts without owners"] = WITHOUT_OWNERS
    rounds = job.size(9, 1)
    rows += task_rows("a small host", tasks, rounds, 1.2)
    descriptors = job.size(DESCRIPTORS, 600)
    with hold_descriptors(descriptors):
        rows += task_rows(f"{descriptors:,} descriptors open elsewhere", tasks, rounds, None)
    return rows


def task_rows(place: str, tasks: dict[str, dict[str, Any]], rounds: int, required: float | None) -> list[Row]:
    """Return the rows of tasks on a host beside a ping."""
    taken = play(tasks, rounds)
    ping = taken["ping"]
    return [
        Row(
            f"Ansible, {place}, task of {name}",
            "task of ping",
            taken[name] / ping,
            ours=taken[name],
            theirs=ping,
            required=required or (1.3 if name == "facts without owners" else None),
        )
        for name in taken
        if name != "ping"
    ]


def controller(job: Job) -> Row:
    """Return what the controller takes for the records of many sockets, without its imports."""
    sockets = job.size(20_000, 200)
    host = Host()
    query = facts_query(host, sockets="all", protocols=["tcp"], tables=["sockets"])
    with SocketMakers() as makers:
        makers.grow_to(sockets)
        packed = capture.pack(find_namespaces.capture_all(plan(query, host)))
    taken = []
    for _ in range(job.rounds + 1):
        started = time.process_time()
        gathered = gather(query, SnapshotSystem(unpack_text(packed)), host, keep_sockets=True)
        taken.append(time.process_time() - started)
    if len(gathered.sockets) < sockets:
        raise NotMadeError(f"{len(gathered.sockets)} of {sockets} sockets were gathered")
    work = f"Ansible, {sockets:,} sockets in full, controller, processor time"
    return Row(work, "", median(taken[1:]), SECONDS, required=0.3)


@contextlib.contextmanager
def hold_descriptors(number: int) -> Iterator[None]:
    """Let some processes hold that many descriptors in all."""
    command = [sys.executable, "-c", HOLD, str(-(-number // HOLDERS))]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    holders = [subprocess.Popen(command, env=environment, **pipes) for _ in range(HOLDERS)]
    try:
        for holder in holders:
            if holder.stdout is None or not holder.stdout.readline():
                raise NotMadeError("a process could not open its descriptors")
        yield
    finally:
        for holder in holders:
            holder.kill()
            holder.communicate()
