"""Captures of real kernels: from their files come the interfaces that the real netstat showed of the same machine.

It was run a moment later, so counters had moved on; it asked the kernel too, and so knew what no file tells.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from pynetstat import show
from trees import FIXTURES

if TYPE_CHECKING:
    from trees import Trees

CAPTURES = sorted(path.parents[2].name for path in FIXTURES.glob("captures/*/sys/class/net"))
RECORDED = [
    (capture, arguments)
    for capture in CAPTURES
    for arguments in ("-i", "-ia", "-ie", "-iae")
    if (FIXTURES / "captures" / capture / f"outputs/netstat_{arguments[1:]}.txt").is_file()
]

ROW = re.compile(r"(\S+ +\d+) (?: +\d+){3} \d+ +(?: +\d+){4} (\S.*)")
COUNTERS = re.compile(r"        (RX|TX) (packets|errors) ")
ONLY_THE_KERNEL_TELLS = re.compile(r"        inet |.*- no statistics available -")
"""IPv4 addresses and alias names are in no file."""

GONE = re.compile(r"        ipx ")
"""Addresses of a family that Linux lost in 4.18."""

STACK = re.compile(r"(?<=unspec )((?:00-){4}|C0-A8-00-02-)(?:..-){3}..(?=-00-00-00-00-00-00-00-00)")
"""Behind the 4 bytes of a gre interface's address netstat shows what its memory held before."""

PROMISCUOUS = re.compile(r"A(?=B?M)|ALLMULTI,|flags=-?\d+")
ROUTING_MULTICAST = "mroute-a-6.18"
"""Here the kernel itself made interfaces take all multicast, which sysfs tells and netstat does not."""


def comparable(capture: str, text: str) -> list[str]:
    """Return the lines without what files cannot tell: counters' values, IPv4 addresses, aliases."""
    blocks = [block for block in text.split("\n\n") if not re.match(r"\S+:\S+: flags=", block)]
    lines = [line for block in blocks for line in block.split("\n")]
    wanted = [line for line in lines if not (COUNTERS.match(line) or ONLY_THE_KERNEL_TELLS.match(line))]
    settled = [STACK.sub(r"\1 and four more", ROW.sub(r"\1 \2", line)) for line in wanted if not GONE.match(line)]
    return [PROMISCUOUS.sub("", line) for line in settled] if capture == ROUTING_MULTICAST else settled


@pytest.mark.parametrize(("capture", "arguments"), RECORDED, ids="".join)
def test_capture(capture: str, arguments: str, trees: Trees) -> None:
    """Names, order, MTUs, flags, hardware and IPv6 addresses are shown as netstat showed them."""
    recorded = (FIXTURES / "captures" / capture / f"outputs/netstat_{arguments[1:]}.txt").read_text()
    ours = show(trees[f"captures/{capture}"], arguments)
    assert (ours.stderr, ours.returncode) == (b"", 0)
    assert comparable(capture, ours.stdout.decode()) == comparable(capture, recorded)


def test_captures_take_part() -> None:
    """The captures were found; they have many kinds of interfaces between them."""
    assert len(RECORDED) >= 28
    shown = "".join((FIXTURES / "captures" / name / "outputs/netstat_ie.txt").read_text() for name in CAPTURES)
    assert {"ether", "loop", "ax25", "netrom", "rose", "x25", "unspec"} <= set(
        re.findall(r"^ +(\w+)", shown, re.MULTILINE)
    )


def test_counters_are_those_of_the_file(trees: Trees) -> None:
    """Counters of a capture are those its /proc/net/dev has."""
    rows = show(trees["captures/legacy-a-6.1"], "-ia").stdout.decode().splitlines()[2:]
    found = {words[0]: (int(words[2]), int(words[6])) for words in map(str.split, rows)}
    lines = (FIXTURES / "captures/legacy-a-6.1/proc/net/dev").read_text().splitlines()[2:]
    columns = {name.strip(): numbers.split() for name, _, numbers in (line.partition(":") for line in lines)}
    assert found == {name: (int(numbers[1]), int(numbers[9])) for name, numbers in columns.items()}
    assert found["at0"] == (41, 32)
