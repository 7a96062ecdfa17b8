"""Ansible controllers of several versions, with this project's wheel, each in a virtual environment of its own.

Packages come from wherever pip is set up to find them; nothing is downloaded in another way.
"""

from __future__ import annotations

import configparser
import functools
import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COLLECTION = ROOT / "ansible_collection"
OLDEST = "2.16"
NEWEST_PYTHON = {"2.16": 12, "2.17": 12, "2.18": 13, "2.19": 13}
"""The minor version of the newest Python that a core runs on, where that is not the newest there is."""

TARGET_PYTHONS = range(6, 15)
OLDEST_CONTROLLER = 10
PIP_OF_PYTHON_2 = 20
NOTHING_DONE = "All targets skipped"
"""What ansible-test says, with exit status 0, where it believes that nothing is to be tested."""

STAND_IN = """\
import sys

sys.path.insert(0, {wheel!r})
from pip._internal.cli.main import main

sys.exit(main(["install", *(word for word in sys.argv[1:] if word.startswith(("pip==", "--disable")))]))
"""
"""ansible-test starts each of its environments with a program that installs pip: this one, run from pip's wheel."""

SUPPORTED = """\
from ansible_test._util.target.common.constants import CONTROLLER_PYTHON_VERSIONS, REMOTE_ONLY_PYTHON_VERSIONS
print(*REMOTE_ONLY_PYTHON_VERSIONS, *CONTROLLER_PYTHON_VERSIONS)
"""


class Failed(Exception):
    """A step did not do what it should."""


def run(command: list[str | Path], *, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """What a command prints; raises Failed, with that, if it does not succeed."""
    words = [str(word) for word in command]
    ran = subprocess.run(
        words, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    printed = ran.stdout.decode(errors="replace")
    if ran.returncode:
        raise Failed(f"{' '.join(words)}: exit status {ran.returncode}\n{printed}")
    return printed


def said(text: str, since: float) -> None:
    """Print a line about a step that is done, with its seconds."""
    print(f"{time.monotonic() - since:5.0f} s  {text}", flush=True)


@functools.cache
def pythons() -> dict[int, Path]:
    """The Pythons found here by minor version, as programs and not as shims that start one or another."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = {}
    for minor in TARGET_PYTHONS:
        installed = sorted(map(str, kept.glob(f"3.{minor}.*/bin/python3.{minor}")), reverse=True)
        for candidate in [f"python3.{minor}", *installed]:
            try:
                prefix = run([candidate, "-c", "import sys; print(getattr(sys, 'base_prefix', sys.prefix))"]).strip()
            except (Failed, OSError):
                continue
            found[minor] = Path(prefix) / "bin" / f"python3.{minor}"
            break
    return found


def controller_python(core: str | None = None) -> Path:
    """The newest Python found here that a core runs on; the newest of all without one."""
    for minor in sorted(pythons(), reverse=True):
        if OLDEST_CONTROLLER <= minor <= NEWEST_PYTHON.get(core or "", minor) and makes_environments(pythons()[minor]):
            return pythons()[minor]
    raise Failed(f"ansible-core {core or ''} runs on no Python found here")


def makes_environments(python: Path) -> bool:
    """Whether a Python can make virtual environments; Debian's cannot without python3-venv."""
    return subprocess.run([python, "-c", "import ensurepip, venv"], capture_output=True, check=False).returncode == 0


def build_wheel(work: Path) -> Path:
    """Make the wheel of this checkout."""
    run([controller_python(), "-m", "venv", work / "build"])
    run([work / "build/bin/pip", "wheel", "--no-deps", "--wheel-dir", work / "dist", ROOT])
    return next((work / "dist").glob("*.whl"))


@dataclass(frozen=True)
class Controller:
    """An environment with one version of ansible-core and this project's wheel."""

    core: str
    folder: Path
    wheel: Path

    @property
    def bin(self) -> Path:
        """Where its programs are."""
        return self.folder / "venv/bin"

    @property
    def collection(self) -> Path:
        """Where a copy of the collection is installed, below no version control, for ansible-test to look at."""
        return self.folder / "ansible_collections/netstat/core"

    def environment(self) -> dict[str, str]:
        """The environment for its programs: a home of its own, and the Pythons of this machine before any shims."""
        folders = [str(self.bin), *(str(path.parent) for path in pythons().values()), os.environ.get("PATH", "")]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHON"))}
        return {**kept, "HOME": str(self.folder / "home"), "PATH": os.pathsep.join(folders), "LC_ALL": "C.UTF-8"}

    @property
    def minor(self) -> int:
        """The minor version of its Python."""
        return int(run([self.bin / "python", "-c", "import sys; print(sys.version_info[1])"]))

    def target_minors(self) -> list[int]:
        """The minor versions of the Pythons found here that its core knows as targets."""
        known = run([self.bin / "python", "-c", SUPPORTED]).split()
        return [minor for minor in sorted(pythons()) if f"3.{minor}" in known]

    def ansible(self, program: str, *arguments: str | Path, cwd: Path | None = None) -> str:
        """What one of its programs prints."""
        return run([self.bin / program, *arguments], cwd=cwd or self.folder, env=self.environment())

    def ansible_test(self, *arguments: str) -> None:
        """Run ansible-test in the installed collection; raises Failed where it finds something, or tests nothing."""
        printed = self.ansible("ansible-test", *arguments, "--color", "no", cwd=self.collection)
        if NOTHING_DONE in printed:
            raise Failed(f"ansible-test {arguments[0]} tested nothing:\n{printed}")

    def install_collection(self) -> None:
        """Build the collection as for Galaxy and install it, both without asking any server."""
        self.ansible("ansible-galaxy", "collection", "build", "--output-path", self.folder, COLLECTION)
        archive = next(self.folder.glob("netstat-core-*.tar.gz"))
        self.ansible("ansible-galaxy", "collection", "install", "--force", "--offline", "-p", self.folder, archive)

    def make_home(self) -> None:
        """Give ansible-test a home with pip's settings, since it hands no variable on, and with pip itself."""
        settings = self.folder / "home/.config/pip"
        settings.mkdir(parents=True)
        with (settings / "pip.conf").open("w") as file:
            pip_settings(self.wheel.parent).write(file)
        if (cache := Path.home() / ".cache").is_dir():
            (self.folder / "home/.cache").symlink_to(cache)
        stand_ins = self.folder / "home/.ansible/test/cache"
        stand_ins.mkdir(parents=True)
        for version in self.wanted_pips():
            run([self.bin / "pip", "download", "--no-deps", "--dest", self.folder / "pip", f"pip=={version}"])
            wheel = next((self.folder / "pip").glob(f"pip-{version}-*.whl"))
            stand_in = stand_ins / f"get_pip_{version.replace('.', '_')}.py"
            stand_in.write_text(STAND_IN.format(wheel=str(wheel)))

    def wanted_pips(self) -> list[str]:
        """The versions of pip that ansible-test starts its environments with, one of them for each age of Python."""
        module = next(self.bin.parent.glob("lib/python3*/site-packages/ansible_test/_internal/python_requirements.py"))
        versions = re.findall(r"\bpip='([0-9.]+)'", module.read_text())
        return [version for version in versions if int(version.split(".")[0]) > PIP_OF_PYTHON_2]


def pip_settings(wheels: Path) -> configparser.RawConfigParser:
    """Settings for pip as this user's files and the environment have them, and a folder to find this project in."""
    home = str(Path.home())
    settings = configparser.RawConfigParser()
    settings.read([f"{home}/.pip/pip.conf", f"{home}/.config/pip/pip.conf", os.environ.get("PIP_CONFIG_FILE", "")])
    if not settings.has_section("global"):
        settings.add_section("global")
    for name, value in os.environ.items():
        if name.startswith("PIP_") and name != "PIP_CONFIG_FILE":
            settings.set("global", name.removeprefix("PIP_").lower().replace("_", "-"), value)
    links = settings.get("global", "find-links", fallback="")
    settings.set("global", "find-links", f"{links}\n{wheels}".strip())
    settings.set("global", "quiet", "2")
    return settings


def make_controller(core: str | None, work: Path, wheel: Path) -> Controller:
    """Make a controller of a core, the newest that goes with the Pythons here if none is named."""
    folder = work / (core or "newest")
    folder.mkdir()
    python = controller_python(core)
    run([python, "-m", "venv", folder / "venv"])
    wanted = f"ansible-core=={core}.*" if core else "ansible-core"
    run([folder / "venv/bin/pip", "install", wanted, f"netstat-core[ansible] @ {wheel.as_uri()}"])
    version = run([folder / "venv/bin/python", "-c", "import ansible.release as one; print(one.__version__)"]).strip()
    controller = Controller(version, folder, wheel)
    controller.make_home()
    controller.install_collection()
    return controller
