"""A Debian of years ago as a directory, with its own Python and SSH server: unpacked, not installed."""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUITE = "bullseye"
PYTHON = (3, 9)
PACKAGES = "python3,openssh-server"
KEPT = "NETSTAT_TESTS_CHROOTS"
"""The variable that names a directory where it is kept for the next time."""

PASSWD = "root:*:0:0:root:/root:/bin/sh\nsshd:*:100:65534::/run/sshd:/bin/false\n"
GROUP = "root:x:0:\nnogroup:x:65534:\n"


class Unavailable(Exception):
    """It cannot be had, for the reason that the text tells."""


@functools.cache
def reason() -> str | None:
    """Why there can be none here; None when it can be tried."""
    missing = [tool for tool in ("debootstrap", "dpkg-deb", "ssh", "ssh-keygen") if shutil.which(tool) is None]
    if missing:
        return f"{missing[0]} is not installed"
    return None if os.geteuid() == 0 else "a root directory of another system needs root"


def made_in(folder: Path) -> Path:
    """Return the directory, made in a folder unless it is there; several processes may ask at the same time.

    Raises Unavailable, with the last words of debootstrap, where its packages cannot be had.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / SUITE
    with _alone(folder / f"{SUITE}.lock"):
        if not made.exists():
            fresh = folder / f"{SUITE}.new"
            shutil.rmtree(fresh, ignore_errors=True)
            _make(fresh)
            fresh.rename(made)
    return made


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(root: Path) -> None:
    command = ["debootstrap", "--variant=minbase", "--download-only", f"--include={PACKAGES}", SUITE, str(root)]
    ran = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    if ran.returncode:
        raise Unavailable(f"debootstrap failed: {(ran.stdout + ran.stderr).decode().strip().splitlines()[-1]}")
    for package in sorted(root.glob("var/cache/apt/archives/*.deb")):
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as unpacking:
            subprocess.run(["tar", "-C", root, "-xf", "-"], stdin=unpacking.stdout, check=True)
        package.unlink()
    (root / "etc/passwd").write_text(PASSWD)
    (root / "etc/group").write_text(GROUP)
