"""The dialect of docs/dialects.md works without a change elsewhere: options, page and session of its own."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from trees import Trees

from netstat_core import dialects
from netstat_core.cli import main as entry
from netstat_core.dialects import NET_TOOLS
from netstat_core.host import discovery
from netstat_core.host.entry_points import DIALECTS, EntryPoint, read_entry_points

PAGE = (Path(__file__).resolve().parents[2] / "docs/dialects.md").read_text("utf-8")
[SOURCE] = re.findall(r"^```python\n# shouting.py\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def shout(monkeypatch: pytest.MonkeyPatch, trees: Trees) -> Callable[..., tuple[str, str, int]]:
    """Give a function that runs the command in the page's dialect, which is installed beside the built-in ones."""
    module = ModuleType("shouting")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(SOURCE, "docs/dialects.md", "exec"), module.__dict__)
    every = [*read_entry_points(), EntryPoint("shouting", module.__name__, DIALECTS)]
    monkeypatch.setattr(discovery, "_load_entry_points", lambda _path: every)
    monkeypatch.setattr(entry.time, "sleep", lambda _seconds: None)

    def start(*arguments: str, dialect: str = "shouting") -> tuple[str, str, int]:
        stdout, stderr = io.BytesIO(), io.BytesIO()
        tree = [] if "--from" in arguments else ["--from", str(trees["captures/misc-a-6.1"])]
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
    """Operands are judged by the dialect, and what is no option is told in its words; so is what follows, the usage."""
    assert shout("many") == ("", "pynetstat: NUMBERS ONLY\n", 3)
    assert shout("-t") == ("", "pynetstat: WHAT IS -t?\nusage: pynetstat -P\n", 3)
    assert shout("1", "-P") == ("", "pynetstat: NUMBERS ONLY\n", 3)


def test_its_help(shout: Shout) -> None:
    """The help has its usage and its options."""
    stdout, stderr, status = shout("--help")
    assert stdout.startswith("usage: pynetstat --dialect shouting -P\n\nShout:\n  -P, --ports ")
    assert (stderr, status) == ("", 0)


def test_its_troubles(shout: Shout, trees: Trees, tmp_path: Path) -> None:
    """It says nothing of troubles that it tolerates, has words for others, and JSON lists both."""
    (tmp_path / "proc/net").mkdir(parents=True)
    tcp = (trees["captures/misc-a-6.1"] / "proc/net/tcp").read_bytes()
    (tmp_path / "proc/net/tcp").write_bytes(tcp)
    tree = "--from", str(tmp_path)
    (tmp_path / "proc/net/tcp6").write_text("no such file\n")
    assert shout("-P", *tree)[1:] == ("", 0)
    reported = json.loads(shout("--json", *tree)[0])["completeness"]
    assert [gap["source"] for gap in reported] == ["/proc/net/tcp6"]
    for name in ("tcp", "tcp6"):
        (tmp_path / "proc/net" / name).unlink()
    assert shout("-P", *tree)[1:] == ("OH NO\n", 7)


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
