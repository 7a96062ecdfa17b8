"""Time netstat_facts in real playbooks against ansible.builtin.ping and listen_ports_facts, and weigh what travels.

``python benchmarks/playbooks.py`` needs ansible-core, and community.general (of the package ansible) for the comparison
with listen_ports_facts; what is missing is left out of the tables. The sockets are made in a network namespace of the
benchmark's own, on loopback only. Times are those of tasks, as a callback sees them. No result makes the exit status
differ from 0; only a playbook that fails does.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

import tables
from measuring import BrokenCommandError
from private_network import CannotIsolateError, run_inside
from socket_makers import PAIRS_PER_LISTENER, NotUpError, Share, SocketMakers

from netstat_core.facts.gather import gather
from netstat_core.facts.query import facts_query
from netstat_core.host.discovery import Host
from netstat_core.report.plan import plan
from netstat_core.system import capture, find_namespaces
from netstat_core.system.archive import unpack_text
from netstat_core.system.snapshot import SnapshotSystem

ROOT = Path(__file__).resolve().parents[1]
LISTENERS = 251
MAKERS = 2
MOST_OF_PING, MOST_OF_LISTEN_PORTS = 1.3, 0.1
MOST_LISTENING_BYTES, MOST_CONTROLLER_SECONDS = 1000, 1.5
CALLBACK = """
import os, time
from ansible.plugins.callback import CallbackBase

class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "task_times"

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.started = time.perf_counter()

    def v2_runner_on_ok(self, result):
        seconds = time.perf_counter() - self.started
        with open(os.environ["TASK_TIMES"], "a") as file:
            file.write("%s\\t%s\\n" % (result._task.name, seconds))
"""
PING = {"ansible.builtin.ping": {}}
FACTS: dict[str, Any] = {"netstat.core.netstat_facts": {}}
LISTEN_PORTS: dict[str, Any] = {"community.general.listen_ports_facts": {}}


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--sockets", type=int, default=20_000, help="TCP sockets of the large host (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="times each task is run (default: %(default)s)")
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables")
    return parser.parse_args(arguments)


def play(tasks: dict[str, dict[str, Any]], rounds: int) -> dict[str, float]:
    """Run each task once untimed and then in turn; return medians by name."""
    with tempfile.TemporaryDirectory() as folder:
        callbacks = Path(folder, "callbacks")
        callbacks.mkdir()
        (callbacks / "task_times.py").write_text(CALLBACK)
        playbook = Path(folder, "play.json")
        named = [
            {"name": name if number else "-", **task} for number in range(rounds + 1) for name, task in tasks.items()
        ]
        playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": named}]))
        times = Path(folder, "times")
        environment = {
            **os.environ,
            "ANSIBLE_HOME": folder,
            "ANSIBLE_CALLBACK_PLUGINS": str(callbacks),
            "ANSIBLE_CALLBACKS_ENABLED": "task_times",
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "TASK_TIMES": str(times),
        }
        command = [str(Path(sys.executable).with_name("ansible-playbook")), str(playbook)]
        variables = json.dumps({"ansible_python_interpreter": sys.executable})
        done = subprocess.run(
            [*command, "-e", variables], env=environment, capture_output=True, text=True, check=False, cwd=ROOT
        )
        if done.returncode:
            raise BrokenCommandError(f"the playbook failed:\n{done.stdout}{done.stderr}")
        seconds: defaultdict[str, list[float]] = defaultdict(list)
        for line in times.read_text().splitlines():
            name, taken = line.split("\t")
            seconds[name].append(float(taken))
    return {name: median(seconds[name]) for name in tasks}


def small_host(rounds: int) -> tables.Table:
    """Return what facts of a host with hardly a socket take beside a ping."""
    taken = play({"ansible.builtin.ping": PING, "netstat_facts": FACTS}, rounds)
    ratio = taken["netstat_facts"] / taken["ansible.builtin.ping"]
    rows = [[name, tables.seconds(seconds), ""] for name, seconds in taken.items()]
    rows[-1][2] = f"{ratio:.2f} (wanted <= {MOST_OF_PING})"
    return tables.Table("small host", ["task", "median s", "ratio"], rows)


def many_listeners(rounds: int) -> tables.Table:
    """Return what facts of 251 listeners take beside listen_ports_facts."""
    held = [socket.create_server(("127.0.0.1", 20_000 + number)) for number in range(LISTENERS)]
    tasks = {"netstat_facts": FACTS}
    if _has_listen_ports():
        tasks["listen_ports_facts"] = LISTEN_PORTS
    taken = play(tasks, rounds)
    for one in held:
        one.close()
    rows = [[name, tables.seconds(seconds), ""] for name, seconds in taken.items()]
    if len(taken) > 1:
        ratio = taken["netstat_facts"] / taken["listen_ports_facts"]
        rows[0][2] = f"{ratio:.3f} (wanted <= {MOST_OF_LISTEN_PORTS})"
    return tables.Table(f"{LISTENERS} listeners", ["task", "median s", "ratio"], rows)


def _has_listen_ports() -> bool:
    """Whether there is such a module, and what it needs on the target."""
    places = importlib.util.find_spec("ansible_collections")
    folders = list(places.submodule_search_locations or ()) if places else []
    is_there = any(Path(folder, "community/general").is_dir() for folder in folders)
    return is_there and bool(shutil.which("netstat") or shutil.which("ss"))


def large_host(sockets: int, rounds: int) -> tables.Table:
    """Return what listening-only facts and all records weigh, and what they take on either side."""
    host = Host()
    rows = []
    with SocketMakers() as makers:
        pairs = sockets // 2 // MAKERS
        listeners = max(1, -(-pairs // PAIRS_PER_LISTENER))
        makers.add([Share(listeners, pairs - listeners // 2)] * MAKERS)
        for name, shown in (("listening TCP sockets", "listening"), ("all TCP sockets", "all")):
            query = facts_query(host, sockets=shown, protocols=["tcp"], tables=["sockets"])
            steps: defaultdict[str, list[float]] = defaultdict(list)
            for _ in range(rounds):
                started = time.perf_counter()
                packed = capture.pack(find_namespaces.capture_all(plan(query, host)))
                sent = time.perf_counter()
                gathered = gather(query, SnapshotSystem(unpack_text(packed)), host, keep_sockets=shown == "all")
                steps["target"].append(sent - started)
                steps["controller"].append(time.perf_counter() - sent)
            records = len(gathered.sockets) or sum(gathered.facts["totals"]["tcp"].values())
            row = [name, f"{records:,}", f"{len(packed):,}"]
            rows.append([*row, *(tables.seconds(median(steps[side])) for side in ("target", "controller"))])
    wanted = ["wanted", "", f"<= {MOST_LISTENING_BYTES:,} listening", "", f"<= {MOST_CONTROLLER_SECONDS}"]
    columns = ["gathered", "records", "packed bytes", "target s", "controller s"]
    return tables.Table(f"{sockets:,} TCP sockets", columns, [*rows, wanted])


def main(arguments: list[str]) -> int:
    """Measure inside a namespace of its own and print the tables; return 0 unless something is broken."""
    options = parse(arguments)
    try:
        run_inside(Path(__file__).resolve(), arguments)
        shown = [
            small_host(options.rounds),
            many_listeners(options.rounds),
            large_host(options.sockets, options.rounds),
        ]
    except (BrokenCommandError, CannotIsolateError, NotUpError, OSError) as error:
        print(f"playbooks.py: {error}", file=sys.stderr)
        return 1
    for table in shown:
        print(table.markdown() if options.markdown else table.text())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
