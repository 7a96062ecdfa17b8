"""A second dialect, made here, works without a change elsewhere: options, page and session of its own."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

import pytest
from trees import Trees

from netstat_core import Query, UsageError, dialects
from netstat_core.cli import main as entry
from netstat_core.dialects import NET_TOOLS, Dialect, Request, Session
from netstat_core.dialects.getopt import OPERAND, Getopt, Option
from netstat_core.host import discovery
from netstat_core.host.entry_points import DIALECTS, EntryPoint, read_entry_points
from netstat_core.plugin import Batch, Complaint, Gap, Head, Problem, Reader, Rendering
from netstat_core.report.selection import Demand

OPTIONS = (
    Option("ports", "P", ("ports",), group="Shout", help="ports of TCP listeners"),
    Option("from", "", ("from",), "SNAPSHOT", group="Shout", help="what is replayed"),
    Option("json", "", ("json",), group="Shout", help="records"),
)


class Shouted(Rendering):
    """Ports, each on a line with its number in the report, and how many reports there were."""

    def __init__(self, out: BinaryIO, number: int) -> None:
        self._out = out
        self._number = number

    def begin(self, head: Head) -> None:
        """The number of the report."""
        self._out.write(f"REPORT {self._number}: {' '.join(head.tables)}\n".encode())

    def batch(self, reader: Reader, batch: Batch) -> None:
        """A line a port."""
        for port in batch.column("local_port"):
            self._out.write(f"PORT {port}!\n".encode())


class ShoutingSession(Session):
    """Counts its reports."""

    def __init__(self, _request: Request) -> None:
        self._number = 1

    def page(self, out: BinaryIO) -> Rendering:
        """A page with the number of the report."""
        return Shouted(out, self._number)

    def next_round(self) -> None:
        """Count."""
        self._number += 1

    def demand(self, reader: Reader, query: Query) -> Demand | None:
        """Ports alone, of sockets alone."""
        assert query.protocols == ("tcp",)
        return Demand(frozenset({"local_port", "remote_port", "state"})) if reader.table == "sockets" else None

    def shown(self, reader: Reader, query: Query, *, is_text: bool) -> Callable[[dict[str, Any]], bool] | None:
        """Listeners by their state."""
        del reader, query, is_text
        return lambda record: record["state"] == "LISTEN"

    def complain(self, _reader: Reader, _trouble: Problem | Gap) -> Complaint | None:
        """In capitals."""
        return Complaint("OH NO", status=7)


class Shouting:
    """Options as they were read."""

    def __init__(self, words: list[tuple[Option, str | None]]) -> None:
        self.complaints: list[str] = []
        self.blocked: list[str] = []
        self._given = {option.key: value for option, value in words if option is not OPERAND}
        self._operands = [value for option, value in words if option is OPERAND]

    def check_operands(self, command: str | None) -> None:
        """Take numbers."""
        if not all(str(one).isdigit() for one in self._operands):
            raise UsageError("NUMBERS ONLY")

    def request(self) -> Request:
        """TCP sockets."""
        numbers = [float(str(one)) for one in self._operands]
        query = Query(families=("inet",), protocols=("tcp",), show="listening")
        name = "json" if "json" in self._given else "text"
        return Request(
            query, format=name, snapshot=self._given.get("from"), intervals=numbers, repeats=bool(numbers), selects=True
        )


def parse(
    program: str,
    arguments: Sequence[str],
    act: Callable[[str], None],
    _families: Callable[[], Collection[str]],
    _commands: Sequence[str],
) -> Shouting:
    """Read the options of this dialect."""
    words = list(Getopt(program, OPTIONS).parse(arguments))
    for option, _ in words:
        act(option.key)
    return Shouting(words)


@pytest.fixture
def shout(monkeypatch: pytest.MonkeyPatch, trees: Trees) -> Callable[..., tuple[str, str, int]]:
    """Give a function that runs the command in a dialect that is installed beside the built-in one."""
    module = ModuleType("shouting_dialect")
    module.DIALECT = Dialect(  # type: ignore[attr-defined]
        "shouting", usage="usage: shout\n", groups=("Shout",), options=OPTIONS, parse=parse, session=ShoutingSession
    )
    monkeypatch.setitem(sys.modules, module.__name__, module)
    every = [*read_entry_points(), EntryPoint("shouting", module.__name__, DIALECTS)]
    monkeypatch.setattr(discovery, "_load_entry_points", lambda _path: every)
    monkeypatch.setattr(entry.time, "sleep", lambda _seconds: None)

    def start(*arguments: str, dialect: str = "shouting") -> tuple[str, str, int]:
        stdout, stderr = io.BytesIO(), io.BytesIO()
        tree = ["--from", str(trees["captures/misc-a-6.1"])]
        status = entry.run([*arguments, *tree], stdout, stderr, dialect=dialect)
        return stdout.getvalue().decode(), stderr.getvalue().decode(), status

    return start


Shout = Callable[..., tuple[str, str, int]]


def test_its_page_and_session(shout: Shout) -> None:
    """Each report is on a page of the dialect's own, and its session counts them."""
    stdout, stderr, status = shout("-P", "1", "2")
    lines = stdout.splitlines()
    assert [line for line in lines if line.startswith("REPORT")] == ["REPORT 1: sockets", "REPORT 2: sockets"]
    assert lines.count("PORT 7000!") == 2
    assert (stderr, status) == ("", 0)


def test_its_rule_holds_for_every_format(shout: Shout) -> None:
    """What the dialect shows as text, JSON has as records."""
    ports = [line[5:-1] for line in shout("-P")[0].splitlines() if line.startswith("PORT")]
    sockets = json.loads(shout("--json")[0])["tables"]["sockets"]
    assert [str(one["local_port"]) for one in sockets] == ports
    assert {one["state"] for one in sockets} == {"LISTEN"}


def test_its_words(shout: Shout) -> None:
    """Operands are judged by the dialect, and what is no option is told with its usage."""
    assert shout("many") == ("", "pynetstat: NUMBERS ONLY\n", 3)
    stdout, stderr, status = shout("-t")
    assert (stdout, status) == ("", 3)
    assert stderr.startswith("pynetstat: invalid option -- 't'\nusage: shout\n\nShout:\n  -P, --ports ")


def test_unknown_dialects_are_refused(shout: Shout) -> None:
    """A name that no distribution has is refused with those that are known."""
    known = "net-tools, shouting, solaris, solaris-illumos"
    assert shout(dialect="singing") == ("", f"pynetstat: unknown dialect 'singing'; known: {known}\n", 3)
    assert dialects.find(NET_TOOLS).name == NET_TOOLS


def test_the_command_line_names_no_dialect() -> None:
    """The commands import no dialect, and one that is not used is not imported."""
    for path in (Path(entry.__file__).parent).glob("*.py"):
        assert "net_tools" not in path.read_text("utf-8")
    script = "import sys, netstat_core.cli.main; sys.exit(any('net_tools' in name for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
