"""Reports with an interval: totals first, then what came since the report before, on a machine that changes."""

from __future__ import annotations

import io
import re
import time
from itertools import count
from typing import TYPE_CHECKING

import pytest
from sol_machine import PACKED, links, made, system

from netstat_core.cli import main
from netstat_core.system import live
from netstat_core.system.packed_text import unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from stand_ins import CannedSystem

HEADER = (
    "    input   eth0      output\t   input  (Total)    output\n"
    "packets errs  packets errs  colls  packets errs  packets errs  colls \n"
)
FIRST = "5000    1     4000    2     3      1239647 1     7658391 2     3     \n"
SECOND = "100     0     50      1     0      104     0     51      1     0     \n"


class Clock:
    """Stands for the clock: sleeping takes no time, and is noted."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Note how long it would have been."""
        self.slept.append(seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Give a clock for which no time passes."""
    clock = Clock()
    monkeypatch.setattr(time, "sleep", clock.sleep)
    return clock


@pytest.fixture
def show(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Give a function that shows a machine, which is given for each report by its number."""

    def show(options: str, look: Callable[[int], CannedSystem] = system) -> str:
        numbers = count()
        monkeypatch.setattr(live, "LiveSystem", lambda **_options: look(next(numbers)))
        stdout, stderr = io.BytesIO(), io.BytesIO()
        status = main.run(["--dialect", "solaris", "-n", *options.split()], stdout, stderr)
        assert (stderr.getvalue(), status) == (b"", 0)
        return stdout.getvalue().decode()

    return show


def test_the_capture_is_up_to_date() -> None:
    """The capture that is kept holds the files and replies of the one that is made."""
    kept, fresh = unpack(PACKED.read_bytes()), unpack(made().encode())
    assert {path: kept[path] for path in kept if path.startswith("proc/")} == {
        path: fresh[path] for path in fresh if path.startswith("proc/")
    }
    assert sorted(kept[path] for path in kept if path.startswith("netlink/")) == sorted(
        fresh[path] for path in fresh if path.startswith("netlink/")
    )


def test_interface_lines(show: Callable[..., str], clock: Clock) -> None:
    """The first line is since the start of the machine, later ones of ten seconds; the header stands once."""
    assert show("-i 10 3") == HEADER + FIRST + SECOND + SECOND
    assert clock.slept == [0, 10, 10]


def test_lines_among_other_forms(show: Callable[..., str]) -> None:
    """With another form or -v the header stands before each line, and an empty line behind it; -s counts on."""
    assert show("-iv 10 2") == HEADER + FIRST + "\n" + HEADER + SECOND + "\n"
    udp = [
        (
            "\nUDP\tudpInDatagrams      =   111\tudpInErrors         =     3\n"
            "\tudpOutDatagrams     =    99\tudpOutErrors        =     5\n\n"
        ),
        (
            "\nUDP\tudpInDatagrams      =    11\tudpInErrors         =     0\n"
            "\tudpOutDatagrams     =     0\tudpOutErrors        =     0\n\n"
        ),
    ]
    assert show("-s -P udp -i 10 2") == HEADER + FIRST + "\n" + udp[0] + HEADER + SECOND + "\n" + udp[1]


def test_levels_and_settings_are_shown_as_they_are(show: Callable[..., str]) -> None:
    """A later report shows settings and numbers of connections, and the differences of counters; -- stays."""
    text = show("-s 10 2")
    first, second = text[: len(text) // 2], text[len(text) // 2 :]
    before, after = (dict(re.findall(r"\t(\w+) *= *(\S+)", half)) for half in (first, second))
    values = {name: (number, after[name]) for name, number in before.items()}
    for name, pair in {
        "tcpCurrEstab": ("4", "5"),
        "tcpRtoMin": ("200", "200"),
        "tcpMaxConn": ("-1", "-1"),
        "tcpInSegs": ("50", "1"),
        "tcpInAckSegs": ("50", "0"),
        "ipForwarding": ("1", "1"),
        "ipReasmTimeout": ("30", "30"),
        "ipInReceives": ("900", "9"),
        "ipv6Forwarding": ("2", "2"),
        "ipv6DefaultHopLimit": ("64", "64"),
        "ipv6InReceives": ("60", "1"),
        "icmpInUnknowns": ("4", "1"),
        "sctpRtoAlgorithm": ("vanj", "vanj"),
        "sctpRtoInitial": ("3000", "3000"),
        "sctpActiveEstab": ("5", "1"),
        "rawipInErrors": ("--", "--"),
    }.items():
        assert (name, values[name]) == (name, pair)


def with_links(later: int, kept: Callable[[int, bytes], bool]) -> CannedSystem:
    """Return the machine with some of its interfaces, which are chosen by their place in the dump."""
    made = system(later)
    chosen = [link for place, link in enumerate(links(later)) if kept(place, link)]
    made._dumps = {**made._dumps, "route/links": [b"".join(chosen)]}
    return made


def test_interfaces_that_come_and_go(show: Callable[..., str]) -> None:
    """A new interface is not counted at first, one that is gone no more; the left half keeps its interface."""
    eth0 = 1
    text = show("-i 10 4", lambda later: with_links(later, lambda place, _link: place != eth0 or later in (0, 3)))
    lines = text.removeprefix(HEADER).splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "5000 1 4000 2 3 1239647 1 7658391 2 3",
        "0 0 0 0 0 4 0 1 0 0",  # eth0 is gone: lo 1 and eth1 3
        "0 0 0 0 0 4 0 1 0 0",
        "0 0 0 0 0 4 0 1 0 0",  # it is new
    ]


def test_a_counter_that_begins_anew(show: Callable[..., str]) -> None:
    """Of a counter that fell, nobody knows what came since; neither does the total."""
    text = show("-i 10 2", lambda later: system(1 - later))
    assert " ".join(text.splitlines()[-1].split()) == "-- 0 -- -- 0 -- 0 -- -- 0"


@pytest.mark.parametrize("digits", ["1" * 12, "9" * 400, "9" * 5000])
def test_long_numbers(show: Callable[..., str], clock: Clock, digits: str) -> None:
    """Intervals longer than a life are waited for."""
    assert show(f"-i {digits} 2") == HEADER + FIRST + SECOND
    assert clock.slept == [0, 999_999_999]
