"""Fixtures as trees shaped like `/`: the links that cannot be kept in a repository are made here."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

FIXTURES = Path(__file__).resolve().parent / "fixtures"

INTERNET_FILES = ("tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6")
"""Files below proc/net with one internet socket a line."""

SOCKET_FILES = (*INTERNET_FILES, "sctp/eps", "sctp/assocs", "unix")
"""Files below proc/net the displays of the inet and unix families read."""

HOST_ORDER_FILES = (*INTERNET_FILES, "icmp", "icmp6")
"""Files whose addresses are 32-bit words in the byte order of the machine."""

ENDPOINT = re.compile(r"\b([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})\b")
"""ADDRESS:PORT in such a file; queues and timers have other widths."""


def fixture_names(shelf: str) -> list[str]:
    """Names (`examples/sock`, `captures/tcp-a-6.18`) of the fixtures on one shelf, in order."""
    return sorted(f"{shelf}/{entry.name}" for entry in (FIXTURES / shelf).iterdir() if entry.is_dir())


def socket_trees() -> list[str]:
    """Names of all fixtures that hold a file listing internet or UNIX sockets."""
    names = [*fixture_names("examples"), *fixture_names("captures")]
    return [name for name in names if any((FIXTURES / name / "proc/net" / file).is_file() for file in SOCKET_FILES)]


def materialise(name: str, target: Path) -> Path:
    """Make the fixture as a tree below `target` (proc, and sys where there is one) and return `target`."""
    fixture = FIXTURES / name
    for part in ("proc", "sys"):
        if (fixture / part).is_dir():
            shutil.copytree(fixture / part, target / part)
    for entry in sorted(target.glob("proc/[0-9]*/fd/*")):
        _replace_by_link(entry, entry.read_text())
    for process, link, content in _rows(fixture / "fdlinks.tsv"):
        _replace_by_link(target / "proc" / process / link, content)
    for device, attribute, value in _rows(fixture / "sysfs-net.tsv"):
        path = target / "sys/class/net" / device / attribute
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value + "\n")
    return target


def rewrite_as_big_endian(source: Path, target: Path) -> Path:
    """Copy a tree as a big-endian machine would have shown it, with a `capture.json` saying so."""
    shutil.copytree(source, target, symlinks=True)
    for name in HOST_ORDER_FILES:
        path = target / "proc/net" / name
        if path.is_file():
            path.write_text(ENDPOINT.sub(_swap_endpoint, path.read_text()))
    (target / "capture.json").write_text(json.dumps({"byte_order": "big"}))
    return target


class Trees:
    """Materialised fixtures by name; each is made once, below `base`."""

    def __init__(self, base: Path) -> None:
        self.base = base

    def __getitem__(self, name: str) -> Path:
        """Return the tree of the fixture called `name`."""
        target = self.base / name
        return target if target.is_dir() else materialise(name, target)


def _replace_by_link(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(content)


def _rows(path: Path) -> list[list[str]]:
    lines = path.read_text().split("\n") if path.is_file() else []
    return [line.split("\t") for line in lines if line]


def _swap_endpoint(found: re.Match[str]) -> str:
    address, port = found.groups()
    words = (bytes.fromhex(address[start : start + 8])[::-1] for start in range(0, len(address), 8))
    return f"{b''.join(words).hex().upper()}:{port}"
