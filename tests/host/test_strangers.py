"""Plugins of others beside each other and beside the built-in ones: who owns a name, what is said, what is used."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import broken_kit as kit
import pytest
from stand_ins import FewPlugins, feed, fixed, reader, thing

from netstat_core.cli import capturing
from netstat_core.cli import main as entry
from netstat_core.host.discovery import Host, Offer, Plugin
from netstat_core.host.plugins import Limits
from netstat_core.host.watch import Watch
from netstat_core.plugin import Gap, Problem, Trait
from netstat_core.plugin.outcomes import SUBJECTS
from netstat_core.report.guarded_sink import _Output
from netstat_core.report.stages import limit_parser
from netstat_core.system import capture

STRANGER = Plugin(kit.ENTRY)
PAGE = (Path(__file__).resolve().parents[2] / "docs/plugins.md").read_text("utf-8")
Outcome = tuple[str, list[str], int]
Run = Callable[..., Outcome]
Install = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Give a snapshot with a TCP listener and a toy."""
    (tmp_path / "tree/proc/net").mkdir(parents=True)
    for name, text in {
        "tcp": kit.TCP,
        "unix": "Num       RefCount Protocol Flags    Type St Inode Path\n",
        "toy": "car\n",
    }.items():
        (tmp_path / "tree/proc/net" / name).write_text(text)
    return tmp_path / "tree"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Give a function that installs a plugin for this test."""
    monkeypatch.delenv("NETSTAT_PLUGINS_BLOCK", raising=False)

    def make(text: str, name: str = "toy", distribution: str = "netstat-toy") -> Path:
        monkeypatch.delitem(sys.modules, f"{distribution.replace('-', '_')}_plugin", raising=False)
        folder = kit.install(tmp_path / distribution, text, name, distribution)
        monkeypatch.syspath_prepend(folder)
        return folder

    return make


@pytest.fixture
def run(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a function that runs the command in this process on the snapshot."""
    monkeypatch.setattr("netstat_core.host.watch.SLOW_SECONDS", 100.0)

    def start(*arguments: str) -> Outcome:
        for name in [name for name in sys.modules if re.fullmatch("netstat_.*_plugin", name)]:
            monkeypatch.delitem(sys.modules, name)
        stdout, stderr = io.BytesIO(), io.BytesIO()
        status = entry.run(["--from", str(tree), *arguments], stdout, stderr)
        return stdout.getvalue().decode(), stderr.getvalue().decode().splitlines(), status

    return start


TOYS = "Toys\nName\ncar\n"
GOOD = kit.giving("reader()")
OTHER = kit.giving("reader('other', families=('other',), kind='other.socket')").replace(
    '"family": "toy"', '"family": "other"'
)


def test_of_two_strangers_of_one_name_the_later_distribution_loses(install: Install, run: Run) -> None:
    """Both are named, the first by its distribution works, and what the other would have given is refused."""
    install(OTHER, distribution="netstat-zoo")
    install(GOOD, distribution="netstat-ark")
    taken = "entry point 'toy': plugin toy of netstat-ark has this name"
    assert run("-A", "toy") == (TOYS, [f"pynetstat: plugin toy of netstat-zoo: {taken}"], 1)
    assert "toy (netstat-ark 1.0)" in run("--plugins")[0]


def test_a_plugin_is_left_out_by_its_distribution_too(
    install: Install, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DISTRIBUTION:NAME leaves out the one of two plugins of a name; the other has the name then."""
    install(OTHER, distribution="netstat-zoo")
    install(GOOD, distribution="netstat-ark")
    assert run("--no-plugin", "netstat-zoo:toy", "-A", "toy") == (TOYS, [], 0)
    monkeypatch.setenv("NETSTAT_PLUGINS_BLOCK", "netstat-ark:toy")
    assert run("-A", "other") == (TOYS, [], 0)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ("kind='zoo.socket', families=('zoo',)", "name: plugin ark of netstat-ark has a reader of this name"),
        ("name='zoo', families=('zoo',)", "kind: 'toy.socket' is a kind of plugin ark of netstat-ark"),
        (
            "name='zoo', kind='zoo.socket'",
            "families: reader 'toy' of plugin ark of netstat-ark reads 'toy' in table 'sockets'",
        ),
    ],
)
def test_names_of_strangers_have_one_owner(changes: str, field: str, install: Install, run: Run) -> None:
    """A reader that takes the name, the kind or the family of another's is not used; the owner's rows are there."""
    install(GOOD, "ark", "netstat-ark")
    install(kit.giving(f"reader({changes})"), "zoo", "netstat-zoo")
    stdout, stderr, _ = run("-A", "toy")
    assert stdout == TOYS
    assert [line.split(": ", 2)[1:] for line in stderr] == [
        ["plugin zoo", f"reader {'zoo' if 'name' in changes else 'toy'!r}: {field}"]
    ]


def test_families_and_tables_are_shared(install: Install, run: Run) -> None:
    """Another protocol of a built-in family, and a table of one's own for it, clash with nothing."""
    rows = "feeds=(feed(lambda *_: [record() | {'family': 'inet'}]),)"
    one = f"reader('mptcp', families=('inet',), protocols=('mptcp',), kind='mptcp.socket', {rows})"
    two = "reader('boxes', table='boxes', families=('inet', 'toy'), kind='toy.box')"
    install(kit.giving(f"{one}, {two}"))
    stdout, stderr, status = run("--json", "--tables", "boxes,sockets", "-A", "inet")
    assert (stderr, status) == ([], 0)
    tables = json.loads(stdout)["tables"]
    assert [one["kind"] for one in tables["boxes"] + tables["sockets"]] == ["toy.box", "mptcp.socket"]


@pytest.mark.parametrize("word", ["--schema=inet.socket", "--schema"])
def test_schemas_are_those_of_the_owner(word: str, install: Install, run: Run) -> None:
    """A stranger that declares a built-in kind changes nothing of its schema."""
    before = json.loads(run(word)[0])
    install(kit.giving("reader(kind='inet.socket')"))
    stdout, stderr, status = run(word)
    assert (json.loads(stdout), len(stderr), status) == (before, 1, 0)


def test_what_only_a_broken_plugin_has_is_missed(install: Install, run: Run) -> None:
    """A kind, a table, a family or an option that a refused reader would have given ends with status 1 and its line."""
    install(kit.giving("reader(table='toys', feeds=())"))
    line = "pynetstat: plugin toy: reader 'toy': feeds: must not be empty"
    for words in (
        ("--schema=toy.socket",),
        ("--tables", "toys"),
        ("-A", "toy"),
        ("--toy",),
        ("--tables", "toys,sockets"),
    ):
        stdout, stderr, status = run(*words)
        assert (stdout, stderr, status) == ("", [line], 1), words
    assert run("-x", "-A", "toy")[1:] == ([line], 1)
    assert run("-tln")[2] == 0


ESCAPES = kit.giving(
    "reader('toy', table='toys', layouts={'net-tools': table('Toys \\x1b[31m')}, feeds=(feed(name='a\\x1b[31m'),))"
).replace('Feed("procfs", ', "Feed(changes.pop('name', 'procfs'), ")


def test_nothing_that_a_plugin_says_reaches_a_terminal_raw(install: Install, run: Run) -> None:
    """Titles, names in lists and in errors, meanings and help have no control character but ends of lines."""
    install(ESCAPES + kit.SINKS.format(expression="Sink('csv', meaning='a\\x1b[31m\\nb', make=Rendering)"), "to\x1by")
    for words in (
        ("--tables", "toys"),
        ("--plugins",),
        ("--help",),
        ("--tables", "nothing"),
        ("-A", "to\x1by"),
        ("--json", "-a"),
    ):
        stdout, stderr, _ = run(*words)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", stdout + "".join(stderr)), words
    assert run("--tables", "toys")[0].startswith("Toys \\x1b[31m\n")
    assert "\n  format csv: a\\x1b[31m b\n" in run("--plugins")[0]


SAYING = "print('at import')\n" + kit.giving(
    "reader(feeds=(feed(chatty),))", "def chatty(*_):\n    print('in parser\\x1b')\n    yield record()\n"
)


def test_what_plugins_print_is_no_part_of_a_report(install: Install, tree: Path) -> None:
    """What is printed at import, in hooks and by parsers goes to standard error, harmless, and JSON stays JSON."""
    folder = install(SAYING.replace("return [", "print('in hook')\n    return ["))
    ran = command(folder, tree, "--json", "-A", "toy")
    assert len(json.loads(ran.stdout)["tables"]["sockets"]) == 1
    lines = ran.stderr.splitlines()
    assert "pynetstat: plugin toy: its import: writes to standard output: 'at import'" in lines
    assert "pynetstat: plugin toy: netstat_readers: writes to standard output: 'in hook'" in lines
    assert "in parser\\x1b" in lines


def command(folder: Path, tree: Path, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    settings = {**os.environ, "PYTHONPATH": str(folder)}
    whole = [sys.executable, "-m", "netstat_core", "--from", str(tree), *arguments]
    return subprocess.run(whole, capture_output=True, check=False, text=True, timeout=60, env=settings, **more)


def handling(number: Any) -> Callable[[], Any]:
    """Give what a child does before it runs the command: it ends at SIGINT, or ignores it as background jobs do."""
    return lambda: signal.signal(signal.SIGINT, number)


@pytest.mark.parametrize("interrupts", [signal.SIG_DFL, signal.SIG_IGN])
@pytest.mark.parametrize("place", ["import", "hook", "parser"])
def test_an_interrupt_that_a_plugin_raises_is_its_failure(
    place: str, interrupts: Any, install: Install, tree: Path
) -> None:
    """A plugin that raises KeyboardInterrupt costs its line, and ends no command as if a person had interrupted it."""
    raising = "def stop(*_):\n    raise KeyboardInterrupt\n"
    texts = {
        "import": raising + "stop()\n" + GOOD,
        "hook": raising + GOOD.replace("return [", "stop()\n    return ["),
        "parser": kit.giving("reader(feeds=(feed(stop),))", raising),
    }
    ran = command(install(texts[place]), tree, "-ant", "-A", "toy", preexec_fn=handling(interrupts))
    assert "127.0.0.1:80" in ran.stdout
    assert (ran.stderr.count("\n"), ran.returncode) == (1, 1)
    assert "plugin toy: " in ran.stderr
    assert "KeyboardInterrupt" in ran.stderr


def test_a_person_interrupts_a_plugin(install: Install, tree: Path) -> None:
    """A signal ends the command with status 130, also while code of a plugin runs, and nothing is printed."""
    told = "    print('here', file=sys.stderr, flush=True)\n"
    folder = install(kit.giving("reader(feeds=(feed(slow),))", f"def slow(*_):\n{told}    time.sleep(30)\n    yield\n"))
    words = [sys.executable, "-m", "netstat_core", "--from", str(tree), "-A", "toy"]
    options: dict[str, Any] = {"env": {**os.environ, "PYTHONPATH": str(folder)}}
    options["preexec_fn"] = handling(signal.SIG_DFL)
    with subprocess.Popen(words, stderr=subprocess.PIPE, **options) as running:
        assert running.stderr is not None
        assert running.stderr.readline() == b"here\n"
        running.send_signal(signal.SIGINT)
        assert (running.stderr.read(), running.wait(timeout=20)) == (b"", 130)


def test_slow_imports_are_told(install: Install, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import, or an answer to a hook, that takes its time is told in a line each, and costs nothing else."""
    monkeypatch.setattr("netstat_core.host.watch.SLOW_SECONDS", 0.05)
    install("import time\ntime.sleep(0.1)\n" + GOOD.replace("return [", "time.sleep(0.1)\n    return ["))
    stdout, stderr, status = run("-A", "toy")
    assert (stdout, status) == (TOYS, 0)
    assert [re.sub(r"\d\.\d", "N", line) for line in stderr] == [
        "pynetstat: plugin toy: its import: took N seconds",
        "pynetstat: plugin toy: netstat_readers: took N seconds",
    ]


SLEEPING = {
    "import": "import time\ntime.sleep(0.6)\n" + GOOD,
    "hook": GOOD.replace("return [", "time.sleep(0.6)\n    return ["),
    "parser": kit.giving("reader(feeds=(feed(slow),))", "def slow(*_):\n    time.sleep(0.6)\n    yield record()\n"),
}
IMPATIENT = """
import sys, netstat_core.host.watch as watch
watch.SILENCE_SECONDS = 0.2
from netstat_core.cli.entry import main
sys.exit(main())
"""


@pytest.mark.parametrize("place", SLEEPING)
def test_who_waits_learns_for_what(place: str, install: Install, tree: Path) -> None:
    """On a terminal the plugin that is waited for is named after a while; elsewhere nothing is said."""
    folder = install(SLEEPING[place])
    for is_terminal in (True, False):
        ours, theirs = pty.openpty()
        settings = {**os.environ, "PYTHONPATH": str(folder)}
        words = [sys.executable, "-c", IMPATIENT, "--from", str(tree), "-A", "toy"]
        kind = theirs if is_terminal else subprocess.PIPE
        ran = subprocess.run(words, stdout=subprocess.PIPE, stderr=kind, check=False, timeout=60, env=settings)
        os.write(theirs, b"end")
        told = os.read(ours, 4096).decode() + (ran.stderr or b"").decode()
        assert ran.stdout.decode() == TOYS
        assert ("still waiting for plugin toy" in told) is is_terminal
        os.close(ours)
        os.close(theirs)


def parsed(limits: Limits, *items: Any, plugin: Plugin = STRANGER, times: int = 1) -> list[Iterator[Any]]:
    """Give what is left of what a plugin's parser yields within some limits, in each of several places."""
    one = reader(feed(fixed(*items)))
    host = FewPlugins()
    host.limits = limits
    budgets: dict[str, Any] = {}
    return [iter(limit_parser(budgets, host, Offer(one, plugin), one.feeds[0])(None, b"")) for _ in range(times)]


def spent(*items: Any, limits: Limits, times: int = 1) -> list[Any]:
    """Give what is left as lists."""
    return [list(one) for one in parsed(limits, *items, times=times)]


ROWS = [thing(number) for number in range(5)]


@pytest.mark.parametrize(
    ("items", "limits", "kept", "words"),
    [
        (ROWS, Limits(rows=3), 4, "more than 3 records"),
        ([ROWS], Limits(rows=3), 1, "more than 3 records"),
        (ROWS, Limits(size=60), 3, "more than 60 characters"),
        ([Problem("/x", "bad")] * 5, Limits(problems=2), 3, "more than 2 problems"),
        ([Trait("a")] * 5, Limits(remarks=2), 3, "more than 2 gaps and traits"),
    ],
)
def test_budgets_bound_what_a_reader_gives(items: list[Any], limits: Limits, kept: int, words: str) -> None:
    """What exceeds a bound ends its reader with a gap that names plugin and reader, here and in all later places."""
    first, second = spent(*items, limits=limits, times=2)
    assert len(first) == kept + 1
    assert (first[-1].reason, first[-1].source) == ("truncated", "plugin strange")
    assert first[-1].detail.startswith(f"reader 'things': {words}")
    assert second == [first[-1]]
    if items == [ROWS]:
        assert first[0] == ROWS[:3]


def test_within_bounds_nothing_is_cut() -> None:
    """A reader that uses its budget up exactly is whole; 0 seconds lift all bounds."""
    assert spent(*ROWS, limits=Limits(rows=5)) == [ROWS]
    assert spent(ROWS, limits=Limits(rows=5)) == [[ROWS]]
    assert spent(*ROWS, limits=Limits(seconds=0, rows=1, size=1)) == [ROWS]


def test_the_time_of_others_does_not_count() -> None:
    """Only the parser's own time is measured, and not that of whoever takes its records."""
    taken = []
    for record in parsed(Limits(seconds=0.05), *ROWS)[0]:
        time.sleep(0.03)
        taken.append(record)
    assert taken == ROWS


def test_built_in_readers_have_no_budget() -> None:
    """What netstat-core brings is read to its end."""
    assert list(parsed(Limits(rows=1), *ROWS, plugin=Plugin(kit.ENTRY, is_own=True))[0]) == ROWS


@pytest.mark.parametrize("given", ["", "-1", "nan", "ten"])
def test_a_budget_is_a_number_of_seconds(given: str, run: Run) -> None:
    """What is none is refused with the option's name."""
    assert run("--plugin-budget", given, "-tln") == (
        "",
        [f"pynetstat: --plugin-budget {given!r} is not a number of seconds"],
        3,
    )


def test_no_gap_of_a_plugin_is_about_others() -> None:
    """A gap is about a source or the table of its own reader, whatever it says: all else is the host's to tell."""
    forged = [Gap("unreadable", "x", "x", about=about, table="sockets", reader="tcp") for about in SUBJECTS]
    (found,) = spent(*forged, limits=Limits())
    assert {(one.table, one.reader, one.selector, one.attempts) for one in found} == {(None, None, None, ())}
    assert {one.about for one in found} == {"source", "table"}


WRAPPING = """
class Csv(Rendering):
    def __init__(self, out):
        import io
        self.text = io.TextIOWrapper(out)
    def batch(self, reader, batch):
        self.text.write(f"{reader.name} {len(batch)}\\n" if batch else "")
    def end(self, tail):
        self.text.close()
"""


def test_a_format_may_close_what_it_was_given(install: Install, tree: Path) -> None:
    """The output stays open for whoever comes after, and what was written is there."""
    folder = install(kit.showing("Sink('csv', meaning='?', make=Csv)", WRAPPING))
    ran = command(folder, tree, "--format", "csv", "-tln")
    assert (ran.stdout, ran.stderr, ran.returncode) == ("tcp 1\n", "", 0)


def test_an_output_that_breaks_is_no_fault_of_a_format(install: Install, tree: Path) -> None:
    """A full disk is told as such."""
    folder = install(
        kit.showing(
            "Sink('csv', meaning='?', make=Csv)",
            WRAPPING.replace("io.TextIOWrapper(out)", "io.TextIOWrapper(out, write_through=True)"),
        )
    )
    with open("/dev/full", "wb") as full:
        settings = {**os.environ, "PYTHONPATH": str(folder)}
        words = [sys.executable, "-m", "netstat_core", "--from", str(tree), "--format", "csv", "-tln"]
        ran = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60, env=settings)
    assert (ran.stderr, ran.returncode) == (
        b"__main__.py: write error: No space left on device\n".replace(b"__main__.py", b"pynetstat"),
        1,
    )


def test_the_page_lists_what_may_be_read() -> None:
    """The numbers of netlink requests in docs/plugins.md, and the files that are not read, are those of captures."""
    rows = [line for line in PAGE.splitlines() if line.startswith(("| `NetlinkDump`", "| of protocol", "| of those"))]
    cells = zip((0, 4, 12), [row.split("|")[2] for row in rows[1:]], strict=True)
    numbers = {
        number: {int(word, 0) for word in re.findall(r"\b(?:0x[0-9a-f]+|\d+)\b", cell)} for number, cell in cells
    }
    assert numbers == {number: set(kinds) for number, kinds in capture._DUMPS.items()}
    assert set(re.findall(r"`(\w+)`", rows[0])) == capture._UNREADABLE


@pytest.fixture
def captured(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Give the plans that captures would have read, and read nothing."""
    plans: list[Any] = []
    monkeypatch.setattr(
        capturing.find_namespaces, "capture_all", lambda plan: plans.append(plan) or {"capture.json": b"{}"}
    )
    return plans


FORBIDDEN = kit.DECLARING["a source that is not of the network"].text


def test_a_capture_leaves_out_what_it_may_not_read(install: Install, captured: list[Any]) -> None:
    """A source outside of its list costs one line and that reader; asked for by name it is status 2."""
    install(FORBIDDEN)
    for words, expected in (((), 0), (("-tln",), 0), (("-x", "-A", "toy"), 2), (("-A", "toy"), 2), (("--toy",), 2)):
        stdout, stderr = io.BytesIO(), io.BytesIO()
        status = entry.run(["capture", "-", *words], stdout, stderr)
        (line,) = stderr.getvalue().decode().splitlines()
        assert "plugin toy: reader 'toy': feed 'procfs': inputs: captures cannot read '/etc/passwd'" in line
        assert (status, "netns" in line) == (expected, False), words
    assert all("/etc/passwd" not in json.dumps(plan) for plan in captured)


LATER = kit.giving(
    "reader(feeds=(feed(inputs=(from_asked(later),)),))",
    "def later(asked):\n    return File('/etc/passwd' if asked.show == 'listening' else '/proc/net/toy')\n",
)


def test_sources_that_depend_on_the_query_are_looked_at_then(install: Install, run: Run, captured: list[Any]) -> None:
    """A source that only some queries have is refused for those, in reports and in captures."""
    install(LATER)
    assert run("-A", "toy") == (TOYS, [], 0)
    stdout, stderr, _ = run("--json", "--tables", "all", "-l")
    assert len([line for line in stderr if "captures cannot read '/etc/passwd'" in line]) == 1
    assert [one["source"] for one in json.loads(stdout)["completeness"] if one["reason"] == "broken_plugin"] == [
        "plugin toy"
    ]
    assert entry.run(["capture", "-", "--tables", "all", "-l"], io.BytesIO(), io.BytesIO()) == 0
    assert "/etc/passwd" not in json.dumps(captured)


COUNTING = """
def compute(before, after, seconds):
    raise RuntimeError("no luck")

def counters(**more):
    return reader('counts', table='statistics', kind='toy.counts', families=(), **more)
"""


@pytest.mark.parametrize("changes", ["", "change=Change(reader=reader('changes', kind='toy.change'), compute=compute)"])
def test_counters_of_a_stranger_do_not_end_those_of_others(changes: str, install: Install, run: Run) -> None:
    """A reader of statistics that has no changes, or cannot compute them, leaves the others' to be compared."""
    install(kit.giving(f"counters({changes})", COUNTING))
    stdout, stderr, status = run("-s", "--delta", "--json", "0", "1")
    assert (len([line for line in stderr if "plugin toy" in line]), status) == (bool(changes), 0), stderr
    assert "statistics" in json.loads(stdout.splitlines()[-1])["tables"]


def test_explanations_that_break_cost_nobody_elses(install: Install, run: Run) -> None:
    """A counter of the built-in plugins is explained, whatever another's explanations do."""
    before = run("--explain", "TCPTimeouts")
    install(kit.giving("reader(explain=fail)"))
    stdout, stderr, status = run("--explain", "TCPTimeouts")
    assert (stdout, status) == (before[0], 0)
    assert stderr == ["pynetstat: plugin toy: reader 'toy': explain: RuntimeError: no luck \\x1b[31m"]


BLUETOOTH = kit.giving(
    "*[reader(name, families=('bluetooth',), protocols=(name,), kind=f'{name}.socket', record=Blue,"
    " feeds=(feed(lambda *_: [{'family': 'bluetooth', 'name': name}]),)) for name in ('l2cap', 'rfcomm')]",
    "class Blue(Toy):\n    pass\n",
).replace("feed(lambda *_:", "feed(lambda *_, name=name:")


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["-2"], ["l2cap"]),
        (["-f"], ["rfcomm"]),
        (["-2f"], ["l2cap", "rfcomm"]),
        (["--bluetooth"], ["l2cap", "rfcomm"]),
        (["-A", "bluetooth"], ["l2cap", "rfcomm"]),
        (["-ta", "--bluetooth"], ["tcp", "l2cap", "rfcomm"]),
        (["-ta2"], ["tcp", "l2cap"]),
        (["-x2"], ["l2cap"]),
        (["-at"], ["tcp"]),
    ],
)
def test_a_family_that_netstat_merely_accepts_may_be_provided(
    words: list[str], names: list[str], install: Install, run: Run
) -> None:
    """With a plugin that reads Bluetooth its options show it, and nothing is said of what is not supported."""
    assert "not supported" in " ".join(run("-2")[1])
    install(BLUETOOTH)
    stdout, stderr, status = run("--json", *words)
    kinds = [one["kind"] for one in json.loads(stdout)["tables"]["sockets"]]
    assert [kind.replace("inet", "tcp").removesuffix(".socket") for kind in kinds] == names
    assert [line for line in stderr if "unix" not in line.lower()] == []
    assert "UNIX" in "".join(stderr) or status == 0


@pytest.mark.parametrize("family", ["ash", "ec"])
def test_other_accepted_families_may_be_provided(family: str, install: Install, run: Run) -> None:
    """Sockets and routes of such a family are shown where a plugin reads them, and not where none does."""
    rows = f"feeds=(feed(lambda *_: [{{'family': '{family}', 'name': 'car'}}]),)"
    made = f"families=('{family}',), layouts={{'net-tools': table()}}, {rows}"
    name = {"ec": "econet"}.get(family, family)
    assert "No routing" in " ".join(run("-r", "-A", name)[1])
    install(kit.giving(f"reader({made}), reader('ways', table='routes', kind='toy.way', {made})"))
    for words in (["-A", name], ["-r", "-A", name]):
        assert run(*words) == (TOYS, [], 0)


def test_a_stranger_is_no_part_of_netstat_core(install: Install) -> None:
    """A module that a stranger calls as if it were ours makes it none of our own plugins."""
    install(GOOD, "facts2")
    folder = install(GOOD, "toys", "netstat-zoo")
    (folder / "netstat_zoo-1.0.dist-info/entry_points.txt").write_text("[netstat.plugins]\ntext = netstat_core.sinks\n")
    host = Host()
    assert {plugin.name for plugin in host.plugins if not plugin.is_own} == {"facts2"}
    (broken,) = host.broken
    assert str(broken) == "plugin text: entry point 'text': 'netstat_core.sinks' is a module of netstat-core"
    assert {"json", "ndjson"} <= host.sinks().keys()


def test_an_output_may_be_closed_before_it_is_collected() -> None:
    """What a format writes to is flushed no more once the output itself is closed, as at the end of a process."""
    out = io.BytesIO()
    given = _Output(out, Watch(), "format 'csv'")
    given.write(b"x")
    out.close()
    given.flush()
    given.close()
