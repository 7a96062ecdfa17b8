"""The real netstat (net-tools 2.10) and pynetstat, before the same crafted /proc."""

from __future__ import annotations

import base64
import functools
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
WANTED = "net-tools 2.10"
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": SEARCH_PATH, "PYTHONDONTWRITEBYTECODE": "1"}
RUNNER = Path(__file__).resolve().parent / "crafted_proc.py"
NOBODY = 65534
NETLINK_HAS = ("net/tcp", "net/udp", "net/udplite", "net/raw", "net/unix")
"""Files whose absence pynetstat makes good by asking the kernel, which no stage can change."""
DAMAGED_FILE = re.compile(rb"pynetstat: /proc/net/\S+: (?:is empty, |does not begin as |ends within )[^\n]*\n")
"""What pynetstat alone says about a file that is not whole (tests/damage); crafted files often are not."""

OURS = os.environ.get("NETSTAT_TESTS_COMPARE")
"""`netstat` here compares the real program with itself, which proves the harness and not the program."""


@dataclass(frozen=True)
class Command:
    """One program call: `program` is `netstat`, `pynetstat` (in a fork) or `python -m netstat_core` (a new process)."""

    program: str
    arguments: tuple[str, ...]
    uid: int = 0

    def request(self, source: list[str]) -> dict[str, object]:
        """Return the call as crafted_proc.py wants it; `source` tells pynetstat where to look."""
        name, path, before = {
            "netstat": ("netstat", netstat_path() or "netstat", []),
            "pynetstat": ("pynetstat", "in-process", source),
            "python": (sys.executable, sys.executable, []),
            "python -m netstat_core": (sys.executable, sys.executable, ["-m", "netstat_core", *source]),
        }[self.program]
        return {"program": path, "name": name, "argv": [*before, *self.arguments], "uid": self.uid}


@dataclass(frozen=True)
class Outcome:
    """What a program printed and how it ended."""

    stdout: bytes
    stderr: bytes
    returncode: int


@dataclass(frozen=True)
class Comparison:
    """What both programs did with the same arguments."""

    arguments: tuple[str, ...]
    real: Outcome
    ours: Outcome


def netstat_path() -> str | None:
    """Where the installed netstat is, if anywhere."""
    return shutil.which("netstat", path=SEARCH_PATH)


def installed_netstat() -> Path:
    """Return the path of the installed netstat; FileNotFoundError where there is none."""
    if path := netstat_path():
        return Path(path)
    raise FileNotFoundError("netstat")


@functools.cache
def reason() -> str | None:
    """Why the real netstat cannot be compared with here; None when it can."""
    path = netstat_path()
    if path is None:
        return "netstat is not installed"
    version = subprocess.run([path, "--version"], capture_output=True, check=False, env=ENVIRONMENT).stdout
    if not version.decode().startswith(WANTED + "\n"):
        return f"netstat is not {WANTED}"
    if os.geteuid() != 0:
        return "a crafted /proc needs root"
    return None if namespaces_work() else "mount and network namespaces are not permitted here"


def namespaces_work() -> bool:
    """Whether this process may make private mount and network namespaces."""
    unshare = shutil.which("unshare", path=SEARCH_PATH)
    if unshare is None:
        return False
    probe = [unshare, "--mount", "--net", "mount", "-t", "tmpfs", "none", "/proc"]
    return subprocess.run(probe, capture_output=True, check=False, env=ENVIRONMENT).returncode == 0


@dataclass(frozen=True)
class Stage:
    """A tree whose proc becomes /proc, with files below proc taken away or given other modes first."""

    tree: Path
    absent: tuple[str, ...] = ()
    modes: tuple[tuple[str, int], ...] = ()

    @property
    def is_live(self) -> bool:
        """Whether pynetstat can run live here: no file is changed that the kernel's netlink would make good."""
        changed = {*self.absent, *(path for path, _ in self.modes)}
        lacking = {path for path in NETLINK_HAS if not (self.tree / "proc" / path).exists()}
        return not (lacking or changed & {"net", *NETLINK_HAS})

    @property
    def source(self) -> list[str]:
        """Where pynetstat looks: the live /proc, or / as a snapshot, for which names are not resolved."""
        return ["--source", "procfs"] if self.is_live else ["--from", "/"]


def run_all(stage: Stage, commands: list[Command]) -> list[Outcome]:
    """Run the commands one after the other on the stage."""
    request = {
        "tree": str(stage.tree),
        "absent": stage.absent,
        "modes": stage.modes,
        "commands": [command.request(stage.source) for command in commands],
    }
    finished = subprocess.run(
        [sys.executable, str(RUNNER)],
        input=json.dumps(request).encode(),
        capture_output=True,
        check=False,
        timeout=240,
        env={**os.environ, **ENVIRONMENT},
    )
    if finished.returncode:
        raise RuntimeError(finished.stderr.decode(errors="replace"))
    return [_outcome(answer) for answer in json.loads(finished.stdout)]


def run_both(stage: Stage, lists: list[tuple[str, ...]], uid: int = 0) -> list[Comparison]:
    """Run netstat and pynetstat with each list of arguments; as another user pynetstat is a process of its own."""
    ours = OURS or ("python -m netstat_core" if uid else "pynetstat")
    commands = [Command(program, arguments, uid) for arguments in lists for program in ("netstat", ours)]
    outcomes = run_all(stage, commands)
    return list(map(Comparison, lists, outcomes[::2], outcomes[1::2]))


def _outcome(answer: dict[str, str | int]) -> Outcome:
    stdout, stderr = (base64.b64decode(str(answer[name])) for name in ("stdout", "stderr"))
    return Outcome(stdout, DAMAGED_FILE.sub(b"", stderr), int(answer["returncode"]))
