"""The page about the SunOS dialect shows what its commands write, and names what is only near."""

from __future__ import annotations

import io
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netstat_core.cli import main
from netstat_core.dialects.counterparts import COUNTERPARTS
from netstat_core.dialects.solaris.options import OPTIONS
from netstat_core.dialects.solaris.statistic_names import BLOCKS

if TYPE_CHECKING:
    from trees import Trees

PAGE = (Path(__file__).resolve().parents[3] / "docs/solaris.md").read_text("utf-8")
TEXTS = Path(__file__).parent / "texts"
LEASES = "dhcp-tree"
EXAMPLES: list[tuple[str, str]] = re.findall(r"^```console\n\$ netstat-sunos (.*)\n((?s:.*?))^```$", PAGE, re.MULTILINE)


def test_there_are_examples() -> None:
    """Each display has an example, of sockets several."""
    letters = {word for command, _ in EXAMPLES for word in shlex.split(command) if re.fullmatch("-[a-zA-Z]+", word)}
    assert {"-an", "-gn", "-pn", "-s", "-m", "-I", "-rn", "-Mn", "-D"} <= letters


@pytest.mark.parametrize(("command", "text"), [example for example in EXAMPLES if LEASES not in example[0]])
def test_examples(trees: Trees, command: str, text: str) -> None:
    """What the page shows below a command is what the command writes, byte for byte."""
    arguments = shlex.split(command)
    at = arguments.index("--from") + 1
    arguments[at] = str(trees[f"captures/{arguments[at]}"])
    stdout, stderr = io.BytesIO(), io.BytesIO()
    assert main.run(arguments, stdout, stderr, dialect="solaris") == 0
    assert stdout.getvalue().decode() == text
    assert stderr.getvalue() == b""


def test_the_example_of_leases() -> None:
    """Leases are shown as one of the tested texts shows them, whose file times no repository keeps."""
    [(_, text)] = [example for example in EXAMPLES if LEASES in example[0]]
    assert text == (TEXTS / "56-dhcp/stdout").read_text()


def test_near_counters_are_named() -> None:
    """The table of near values names each counter whose source is only near, and no other one."""
    table = PAGE.partition("## Near values\n")[2].partition("\n## ")[0]
    rows = [line.split(" | ")[0] for line in table.splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert named == [counter.name for block in BLOCKS for counter in block.counters if counter.is_near]


def test_every_counter_and_display_is_documented() -> None:
    """The page names each counter of the statistics, each option of SunOS with an effect, and each counterpart."""
    assert [each.name for block in BLOCKS for each in block.counters if f"`{each.name}`" not in PAGE] == []
    letters = {letter for option in OPTIONS for letter in option.short if letter != "d"}
    assert {letter for letter in letters if not re.search(f"`-[a-zA-Z]*{letter}[a-zA-Z]*[` ]", PAGE)} == set()
    assert [row.meaning for row in COUNTERPARTS if f"| {row.meaning} |" not in PAGE] == []
