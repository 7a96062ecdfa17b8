"""Where pynetstat prints something else than net-tools 2.10 on purpose, and how much of the text that is.

Everything not named here has to be the same to the byte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import unified_diff
from typing import TYPE_CHECKING

import pytest
from legacy_af.legacy_differences import DIFFERENCES as LEGACY_DIFFERENCES
from legacy_af.legacy_differences import repaired
from realnetstat import OURS

from netstat_core.host.discovery import Host

if TYPE_CHECKING:
    from realnetstat import Outcome

HAS_LEGACY = any("ax25" in offer.reader.families for offer in Host().offers(("sockets",)))
"""Whether a plugin shows sockets of the legacy families: without one their files are taken off the stage."""

LEGACY_FILES = ("net/ipx", "net/ax25", "net/x25", "net/nr", "net/rose")
LEGACY_COMPLAINT = re.compile(rb"netstat: no support for `AF (IPX|AX25|X25|NETROM|ROSE)' on this system\.\n")
LEGACY_TITLE = re.compile(rb"^Active (IPX|AX\.25|X\.25|NET/ROM|ROSE) sockets$", re.MULTILINE)
LEGACY_OPTION = re.compile(r"ax25|x25|ipx|netrom|rose|ddp|appletalk")

USAGE_STATUS = 3
LONGEST_REPORT = 8000


@dataclass(frozen=True)
class Difference:
    """One deliberate difference: where the real program prints `real`, pynetstat prints `ours`."""

    trees: tuple[str, ...]
    real: bytes
    ours: bytes
    why: str
    complaint: bytes = b""
    """What pynetstat says on standard error instead, once more than the real program."""

    def apply(self, outcome: Outcome) -> Outcome:
        """Return the outcome as pynetstat has it."""
        if self.real not in outcome.stdout:
            return outcome
        stderr = outcome.stderr.replace(self.complaint, self.complaint * 2, 1) if self.complaint else outcome.stderr
        return replace(outcome, stdout=outcome.stdout.replace(self.real, self.ours), stderr=stderr)


WHOLE_PATH = "Q5: a UNIX path is shown whole, not up to its first blank"
CUT_OFF = "Q19: a row that ends early is no socket but a complaint, not a socket with made-up fields"

DIFFERENCES = (
    Difference(
        trees=("captures/unix-a-6.1", "captures/unix-a-6.18"),
        real=b" /tmp/u/with\n",
        ours=b" /tmp/u/with space\n",
        why=WHOLE_PATH,
    ),
    Difference(
        trees=("examples/sock",),
        real=b" @abstract/name\n",
        ours=b" @abstract/name with spaces\n",
        why=WHOLE_PATH,
    ),
    Difference(
        trees=("examples/bad",),
        real=b"udp        0      0 127.0.0.1:81            0.0.0.0:*                          \n",
        ours=b"",
        why=CUT_OFF,
        complaint=b"warning, got bogus udp line.\n",
    ),
)


def expected(tree: str, real: Outcome, arguments: tuple[str, ...] = ()) -> Outcome:
    """Return what pynetstat has to do where the real program, with the same tree, did `real`."""
    if HAS_LEGACY:
        real = repaired(LEGACY_DIFFERENCES.get(tree, ()), arguments, real)
    for difference in DIFFERENCES:
        if tree in difference.trees:
            real = difference.apply(real)
    if not HAS_LEGACY and real.returncode == 0:
        real = replace(real, stderr=LEGACY_COMPLAINT.sub(b"", real.stderr))
    return comparable(real)


def settled(tree: str, ours: Outcome, arguments: tuple[str, ...] = ()) -> Outcome:
    """Return our outcome as it is compared; the real program's, when that stands in for us, like its other one."""
    return expected(tree, ours, arguments) if OURS else comparable(ours)


def comparable(outcome: Outcome) -> Outcome:
    """Return the outcome without usage text, which is our own.

    Getopt's complaint before it stays, without the program's name and with the possible options in alphabetical order.
    """
    if outcome.returncode != USAGE_STATUS:
        return outcome
    complaint = outcome.stderr.split(b"\n", 1)[0]
    text, possibilities, options = complaint.partition(b"possibilities: ")
    complaint = text.partition(b": ")[2] + possibilities + b" ".join(sorted(options.split()))
    return replace(outcome, stderr=b"" if text.startswith(b"usage:") else complaint)


def require_same(report: str) -> None:
    """Fail with the report of differences, unless it is empty."""
    if report:
        pytest.fail(f"\n{report[:LONGEST_REPORT]}", pytrace=False)


def diff(wanted: Outcome, ours: Outcome) -> str:
    """Return a line diff of all that two outcomes consist of, nothing when they are the same."""
    if wanted == ours:
        return ""
    texts = [
        [f"{name}: {line!r}" for name in ("stdout", "stderr") for line in getattr(outcome, name).split(b"\n")]
        + [f"status {outcome.returncode}"]
        for outcome in (wanted, ours)
    ]
    return "\n".join([*unified_diff(*texts, "expected", "ours", lineterm="", n=0), ""])
