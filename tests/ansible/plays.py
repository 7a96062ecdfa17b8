"""Runs of the real ansible-playbook, with the collection of this checkout."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "ansible_collection" / "examples"
PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")


@functools.cache
def reason() -> str | None:
    """Why no playbook can be run here; None when one can."""
    try:
        importlib.metadata.version("ansible-core")
    except importlib.metadata.PackageNotFoundError:
        return "ansible-core is not installed"
    return None if PLAYBOOK.exists() else "ansible-playbook is not beside this Python"


def play(
    playbook: Path,
    home: Path,
    *arguments: str,
    enter: Callable[[list[str]], list[str]] = list,
    environment: Mapping[str, str] | None = None,
    **variables: Any,
) -> subprocess.CompletedProcess[str]:
    """Return how a playbook went; `enter` gives a command line that runs elsewhere, `home` takes what it leaves."""
    told = {"ansible_python_interpreter": sys.executable, **variables}
    quiet = {
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }
    command = [str(PLAYBOOK), str(playbook), "--extra-vars", json.dumps(told), *arguments]
    return subprocess.run(
        enter(command),
        cwd=ROOT,
        env={
            **os.environ,
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_HOME": str(home),
            **quiet,
            **(environment or {}),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def evaluate(
    home: Path, working: Mapping[str, str], failing: Mapping[str, str], variables: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what templates make of some variables, by their names; of those that are to fail the error's text."""
    outcome = home / "outcome.json"
    tasks: list[dict[str, Any]] = []
    for name, expression in failing.items():
        task = {"name": name, "ansible.builtin.debug": {"msg": "{{ " + expression + " }}"}}
        tasks.append({**task, "register": f"_{name}", "ignore_errors": True})
    results = [f"'{name}': {expression}" for name, expression in working.items()]
    results += [f"'{name}': _{name}" for name in failing]
    written = {"content": "{{ {" + ", ".join(results) + "} | to_json }}", "dest": str(outcome), "mode": "0600"}
    tasks.append({"name": "Write", "ansible.builtin.copy": written})
    playbook, given = home / "expressions.json", home / "given.json"
    playbook.write_text(json.dumps([{"name": "T", "hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    given.write_text(json.dumps(variables))
    done = play(playbook, home, "--extra-vars", f"@{given}")
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(outcome.read_text())
    return found | {name: found[name]["msg"] for name in failing}
