"""A Salt of its own for the tests: an environment with salt in it, beside a copy of this project as pip installs it.

The environment takes a minute to make. It is kept where `NETSTAT_SALT_VENV` names a folder, for each version of
Python, and lasts for one run of the tests otherwise. All workers of a run share it. `NETSTAT_SALT` asks for a version:
`NETSTAT_SALT='salt~=3006.0'`.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import requires
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from namespaces import NetworkNamespace

ROOT = Path(__file__).resolve().parents[2]
KEPT = "NETSTAT_SALT_VENV"
WANTED = [
    os.environ.get("NETSTAT_SALT", "salt>=3006"),
    *(one for one in requires("netstat-core") or () if "extra ==" not in one),
]
PIP = ["-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--no-input"]
CONFIGURATION = """\
id: minion
file_client: local
log_file: {folder}/log
enable_fqdns_grains: false
enable_gpu_grains: false
"""


class Missing(Exception):
    """Salt cannot be had here, and why."""


@dataclass(frozen=True)
class Outcome:
    """What a command printed, and its exit status."""

    stdout: str
    stderr: str
    status: int

    @property
    def answer(self) -> Any:
        """The value that salt-call printed as JSON."""
        assert self.status in (0, 1), self.stderr
        assert self.stdout, self.stderr
        return json.loads(self.stdout)["local"]


@dataclass(frozen=True)
class Salt:
    """An environment with Salt, where this project is installed, and a minion's configuration."""

    environment: Path
    project: Path
    folder: Path

    def command(self, program: str, *arguments: str) -> list[str]:
        """Return the command line of one of the environment's programs; it runs in any process."""
        settings = [f"PYTHONPATH={self.project}", "PYTHONWARNINGS=ignore", "PYTHONDONTWRITEBYTECODE=1"]
        return ["env", *settings, str(self.environment / "bin" / program), *arguments]

    def call(self, *arguments: str) -> list[str]:
        """Return the command line of `salt-call --local` that prints JSON."""
        options = ["--local", "--config-dir", str(self.folder), "--out=json", "--log-level=warning"]
        return self.command("salt-call", *options, *arguments)


@dataclass(frozen=True)
class Minion:
    """A Salt inside of a network namespace, and the folder of what is there."""

    salt: Salt
    place: NetworkNamespace
    folder: Path

    def call(self, *arguments: str, wrapper: tuple[str, ...] = ()) -> Outcome:
        """Run `salt-call --local` inside."""
        return self._run([*wrapper, *self.salt.call(*arguments)])

    def python(self, *arguments: str) -> Outcome:
        """Run the Python of Salt inside."""
        return self._run(self.salt.command("python", *arguments))

    def _run(self, command: list[str]) -> Outcome:
        ran = self.place.run(command)
        return Outcome(ran.stdout.decode(), ran.stderr.decode(), ran.returncode)


@contextmanager
def prepared(shared: Path, own: Path) -> Iterator[Salt]:
    """Give Salt, made in a folder that all workers of a run share; `own` holds what one worker writes.

    Raises Missing where pip cannot install it. The last worker removes what is not to be kept.
    """
    kept = os.environ.get(KEPT)
    environments = Path(kept) if kept else shared / "salt"
    environments.mkdir(parents=True, exist_ok=True)
    environment = environments / f"python{sys.version_info.major}.{sys.version_info.minor}"
    with (shared / "salt-users.lock").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        with locked(Path(f"{environment}.lock")):
            make_environment(environment, shared / "salt-missing")
        with locked(shared / "salt-project.lock"):
            install_project(shared / "salt-project")
        yield Salt(environment, shared / "salt-project", configured(own))
        if not kept:
            with suppress(BlockingIOError):  # others are using it
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(environment)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes out of the block."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def make_environment(environment: Path, missing: Path) -> None:
    """Make the environment unless it is there; `missing` tells the other workers that it cannot be made."""
    stamp = environment / "wanted.json"
    if stamp.exists() and json.loads(stamp.read_text()) == WANTED:
        return
    if not missing.exists():
        missing.write_text(installed(environment) or "")
    if why := missing.read_text():
        raise Missing(why)
    stamp.write_text(json.dumps(WANTED))


def installed(environment: Path) -> str | None:
    """Install Salt and what this project needs; return the last line of what pip says if that fails."""
    steps = [
        [sys.executable, "-m", "venv", "--clear", str(environment)],
        [str(environment / "bin/python"), *PIP, "--retries=1", "--timeout=30", *WANTED],
    ]
    for step in steps:
        ran = subprocess.run(step, capture_output=True, check=False, timeout=1200)
        if ran.returncode:
            lines = (ran.stderr or ran.stdout).decode(errors="replace").strip().splitlines()
            return f"Salt cannot be installed: {lines[-1] if lines else step[1:4]}"
    return None


def install_project(target: Path) -> None:
    """Install this project, and nothing else, into a folder of its own, as salt-pip does."""
    stamp = target / "installed"
    if not stamp.exists():
        options = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(target)]
        ran = subprocess.run([sys.executable, *PIP, *options, str(ROOT)], capture_output=True, check=False, timeout=300)
        if ran.returncode:
            raise RuntimeError(ran.stderr.decode(errors="replace"))
        stamp.touch()


def configured(folder: Path) -> Path:
    """Write a minion's configuration into a folder."""
    (folder / "minion").write_text(f"root_dir: {folder}\n{CONFIGURATION.format(folder=folder)}")
    return folder
