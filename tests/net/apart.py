"""Two trees of the project apart from each other: each with its own plugins, collection and processes."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import worker
from outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from outcomes import Case

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Check a commit out beside this checkout for the length of the block."""
    with tempfile.TemporaryDirectory(prefix="net-base-") as folder:
        tree = Path(folder) / "base"
        _git("worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _git(*arguments: str) -> None:
    subprocess.run(["git", "-C", str(ROOT), *arguments], check=True)


class Tree:
    """A checkout, made importable by a folder of its own that stands for an installation of it."""

    def __init__(self, name: str, checkout: Path, home: Path) -> None:
        self.name = name
        self.home = home / name
        with (checkout / "pyproject.toml").open("rb") as file:
            project = _toml(file)
        installed = self.home / "installed"
        version = re.search(r'"(.+)"', (checkout / project["tool"]["hatch"]["version"]["path"]).read_text())
        assert version is not None
        _install(installed, project["project"], version[1])
        collection = installed / "ansible_collections" / "netstat"
        collection.mkdir(parents=True)
        (collection / "core").symlink_to(checkout / "ansible_collection")
        packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
        folders = dict.fromkeys(str((checkout / package).parent) for package in packages)
        libraries = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": os.pathsep.join([str(installed), *folders, *libraries]),
            worker.RUN_VARIABLE: project["project"]["scripts"]["pynetstat"].partition(":")[0],
        }

    def start(self, enter: Callable[[list[str]], list[str]] = list) -> Worker:
        """Start a process that runs cases in this tree; `enter` gives the command line that runs elsewhere."""
        folder = tempfile.mkdtemp(dir=self.home)
        command = [sys.executable, "-S", str(Path(worker.__file__).resolve()), folder]
        return Worker(enter(command), self.environment)


def _toml(file: Any) -> dict[str, Any]:
    import tomllib  # Python 3.11

    found: dict[str, Any] = tomllib.load(file)
    return found


def _install(target: Path, project: dict[str, Any], version: str) -> None:
    """Write what `importlib.metadata` reads of an installed distribution."""
    information = target / f"{project['name'].replace('-', '_')}-{version}.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {version}\n")
    groups = {"console_scripts": project["scripts"], **project["entry-points"]}
    lines = [
        f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in one.items()) for group, one in groups.items()
    ]
    (information / "entry_points.txt").write_text("\n".join(lines))


class Worker:
    """A process that runs cases one after the other."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)

    def outcome(self, case: Case) -> Outcome:
        """What comes of a case."""
        asked, answers = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answers is not None
        pickle.dump((case.kind, case.given), asked)
        asked.flush()
        status, writes, files = pickle.load(answers)
        return Outcome(status, tuple(writes), tuple(files))

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()
