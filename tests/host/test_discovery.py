"""Plugins that others install work like built-in ones, and broken ones cost a line each and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
import pytest
from pynetstat import show
from stand_ins import OTHERS, feed, fixed, reader

from netstat_core.host import discovery
from netstat_core.host.discovery import GROUP, Host
from netstat_core.host.entry_points import EntryPoint, Folder, read_entry_points
from netstat_core.plugin import API, Reader, Sink, hookimpl

OUTSIDE = Path(__file__).resolve().parents[1] / "outside"
BROKEN = ("broken_hook", "broken_import", "broken_reader")
TCP = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1001 1\n"
)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install both outside distributions into a directory of their own, or skip without pip and hatchling."""
    pytest.importorskip("hatchling")
    pytest.importorskip("pip")
    target = tmp_path_factory.mktemp("outside")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--no-compile", "--target", str(target)]
    projects = [str(OUTSIDE / name) for name in ("toy", "broken")]
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *options, *projects]
    ran = subprocess.run(command, capture_output=True, check=False, timeout=120, env=environment())
    assert ran.returncode == 0, ran.stderr.decode()
    return target


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Give a snapshot with a TCP listener, two toys, a bad line and a box."""
    files = {"tcp": TCP, "toy": "car 4\nbad line here\ntrain 12\n", "toyboxes": "big red 30\n"}
    (tmp_path / "proc/net").mkdir(parents=True)
    for name, text in files.items():
        (tmp_path / "proc/net" / name).write_text(text)
    return tmp_path


def environment() -> dict[str, str]:
    """Give an environment in which pip installs where it is told."""
    return {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PIP_REQUIRE_VIRTUALENV"}}


Run = Callable[..., tuple[str, list[str], int]]


@pytest.fixture
def run(installed: Path, tree: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a function that runs the command in this process, where the outside distributions are installed."""
    monkeypatch.syspath_prepend(installed)

    def start(*arguments: str, block: tuple[str, ...] = ()) -> tuple[str, list[str], int]:
        monkeypatch.setenv("NETSTAT_PLUGINS_BLOCK", ",".join([*OTHERS, *block]))
        outcome = show(tree, *arguments)
        return outcome.stdout.decode(), outcome.stderr.decode().splitlines(), outcome.returncode

    return start


def test_outside_distributions_work_in_a_new_process(installed: Path, tree: Path) -> None:
    """Where the path leads to it, an outside family is there, and broken plugins only say so."""
    settings = {**environment(), "PYTHONPATH": str(installed), "NETSTAT_PLUGINS_BLOCK": ",".join(OTHERS)}
    command = [sys.executable, "-m", "netstat_core", "--from", str(tree), "--toy"]
    ran = subprocess.run(command, capture_output=True, check=False, timeout=60, env=settings)
    assert (ran.stdout.decode(), ran.stderr.count(b"\n"), ran.returncode) == (TOYS, len(BROKEN), 0)


TOYS = "Active toys\nName     Wheels\ncar           4\ntrain        12\n"


@pytest.mark.parametrize(
    "arguments", [("-A", "toy"), ("--toy",), ("--protocol=toy",), ("--tables", "sockets", "-Atoy")]
)
def test_outside_family_is_an_option(arguments: list[str], run: Run) -> None:
    """A family that somebody installed is selected with -A and with an option of its name."""
    assert run(*arguments, block=BROKEN) == (TOYS, [], 0)


def test_outside_family_is_among_all(run: Run) -> None:
    """Without a selection its sockets are shown in their place behind the built-in ones."""
    stdout, _, status = run("-an", block=BROKEN)
    assert status == 0
    assert stdout.index("127.0.0.1:80") < stdout.index("Active toys")


def test_outside_table(run: Run) -> None:
    """A table of its own is reached with --tables, by its name or with hyphens."""
    for name in ("toy_boxes", "toy-boxes"):
        assert run("--tables", name, block=BROKEN) == ("Toy boxes\nLabel      Room\nbig red    30\n", [], 0)


@pytest.mark.parametrize(("arguments", "told"), [(["-A", "toy"], True), (["-vx", "--toy"], True), (["-an"], False)])
def test_a_missing_source_is_told_where_it_was_asked_for(
    run: Run, tree: Path, arguments: list[str], *, told: bool
) -> None:
    """Without words of its own a plugin says what the built-in ones say: once, with status 1, if it was named."""
    (tree / "proc/net/toy").unlink()
    _, stderr, status = run(*arguments, block=BROKEN)
    assert ("netstat: no support for `AF TOY' on this system." in stderr) is told
    assert status == int(told)


def test_outside_records(run: Run) -> None:
    """Its records are in JSON with the host's fields, and its bad line among the problems."""
    stdout, _, _ = run("--json", "--toy", block=BROKEN)
    report = json.loads(stdout)
    assert [(one["kind"], one["wheels"]) for one in report["tables"]["sockets"]] == [
        ("toy.socket", 4),
        ("toy.socket", 12),
    ]
    assert [(one["line"], one["text"], one["reader"]) for one in report["problems"]] == [(2, "bad line here", "toy")]


def test_outside_sink(run: Run) -> None:
    """An output format that somebody installed is chosen with --format, for built-in records too."""
    stdout, stderr, status = run("--format", "csvish", "-a", "--tables", "sockets,toy_boxes", block=BROKEN)
    lines = stdout.splitlines()
    assert lines[0].startswith("# netstat-core ")
    assert lines[0].endswith(": sockets toy_boxes")
    assert "toy.socket,toy,train,12" in lines
    assert "toy.box,big red,30" in lines
    assert any(line.startswith("inet.socket,inet,tcp,127.0.0.1,80") for line in lines)
    assert (lines[-1].split(",")[0], stderr, status) == ("# 1 problems", [], 0)
    assert "csvish" in run("--help")[0]


def test_help_tells_what_plugins_add(run: Run) -> None:
    """The help has the families, tables and formats of other distributions, and the list of plugins their formats."""
    shown = run("--help")[0]
    assert "Added by plugins:\n  toy: families toy; options --toy; tables " in shown
    assert "csvish" in shown
    assert "\n  format csvish: " in run("--plugins")[0]


def test_plugins_are_listed(run: Run) -> None:
    """--plugins names each plugin with its distribution, its readers and feeds, what is blocked and what is broken."""
    stdout, _, status = run("--plugins")
    lines = stdout.splitlines()
    assert lines[lines.index("toy (netstat-toy 1.2.3)") + 1 :][:2] == [
        "  toy: table sockets, families toy, toy.socket 1, feeds procfs",
        "  toyboxes: table toy_boxes, families toy, toy.box 1, feeds procfs",
    ]
    assert any(line.startswith("inet (netstat-core ") for line in lines)
    assert "  tcp: table sockets, families inet, inet6, inet.socket 1, feeds netlink, procfs" in lines
    assert "blocked: route" in lines
    assert sorted(line.split(":")[1].strip() for line in lines if line.startswith("broken: ")) == sorted(BROKEN)
    assert status == 1
    assert run("--plugins", block=BROKEN)[2] == 0


def test_broken_plugins_cost_a_line_each(run: Run) -> None:
    """Whatever is wrong with a plugin is one line on standard error; the others, and the status, are untouched."""
    stdout, stderr, status = run("-tan")
    assert (stdout, status) == (run("-tan", block=BROKEN)[0], 0)
    assert "127.0.0.1:80" in stdout
    named = {line.split(":")[1].split()[-1]: line for line in stderr}
    assert sorted(named) == sorted(BROKEN)
    assert len(stderr) == len(BROKEN)
    assert "netstat_not_installed" in named["broken_import"]
    assert "netstat_writers" in named["broken_hook"]
    assert "returned dict among Reader objects" in named["broken_reader"]


def test_broken_plugins_are_in_completeness(run: Run) -> None:
    """Each broken plugin has one entry in completeness, so that its silence is not taken for emptiness."""
    report = json.loads(run("--json", "-tan")[0])
    entries = [entry for entry in report["completeness"] if entry["reason"] == "broken_plugin"]
    assert sorted(entry["source"] for entry in entries) == [f"plugin {name}" for name in BROKEN]
    assert len(report["tables"]["sockets"]) == 1


def test_plugins_can_be_switched_off(run: Run) -> None:
    """--no-plugin and the variable leave plugins alone: neither their families nor their mistakes are seen."""
    switches = [word for name in BROKEN for word in ("--no-plugin", name)]
    assert run(*switches, "--toy") == (TOYS, [], 0)
    stdout, stderr, status = run(*switches, "--no-plugin", "toy", "-A", "toy")
    assert (stdout, len(stderr), status) == ("", 1, 3)
    assert "unknown family 'toy'" in stderr[0]
    assert run("--toy", block=(*BROKEN, "toy"))[1][0] == "pynetstat: unrecognized option '--toy'"


Plugins = Callable[..., Host]


@pytest.fixture
def host_of(monkeypatch: pytest.MonkeyPatch) -> Plugins:
    """Give a function that makes a host whose only plugins are modules made of some functions."""

    def make(**plugins: list[Any]) -> Host:
        entries = []
        for name, functions in plugins.items():
            module = ModuleType(f"stand_in_{name}")
            module.API = API
            for function in functions:
                setattr(module, function.__name__, function)
            monkeypatch.setitem(sys.modules, module.__name__, module)
            entries.append(EntryPoint(name, module.__name__, GROUP))
        entries.append(EntryPoint("json", "netstat_core.sinks", GROUP))
        monkeypatch.setattr(discovery, "_load_entry_points", lambda _path: entries)
        return Host()

    monkeypatch.delenv("NETSTAT_PLUGINS_BLOCK", raising=False)
    return make


def implementation(name: str, answer: Callable[[], Any]) -> Any:
    """Make a hook implementation of this name that answers what a function returns."""

    def function() -> Any:
        return answer()

    function.__name__ = name
    return hookimpl(function)


def readers(*declared: Any) -> Any:
    """Make an implementation of netstat_readers."""
    return implementation("netstat_readers", lambda: declared)


def fail(error: BaseException) -> Any:
    """Raise an error, as an expression."""
    raise error


GOOD = reader(feed(fixed()), name="good")
MISTAKES: dict[str, Any] = {
    "raises": implementation("netstat_readers", lambda: fail(RuntimeError("no\n luck"))),
    "leaves": implementation("netstat_readers", lambda: fail(SystemExit(3))),
    "gives a number": implementation("netstat_readers", lambda: 5),
    "breaks off": implementation("netstat_readers", lambda: (one or fail(ValueError()) for one in (GOOD, 0))),
    "is no reader": readers("a text"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_in_readers_break_one_plugin(mistake: str, host_of: Plugins) -> None:
    """Whatever a plugin's hook does, the plugin is given up in one line and the others answer."""
    host = host_of(bad=[MISTAKES[mistake]], good=[readers(GOOD)])
    assert [offer.reader.name for offer in host.offers()] == ["good"]
    assert [broken.plugin.name for broken in host.broken] == ["bad"]
    assert "\n" not in str(host.broken[0])
    assert [plugin.name for plugin in host.plugins] == ["good"]


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        (None, "does not state its API"),
        (7, "is written for API 7, but this host supports API 0"),
        ("0", "is written for API '0', but this host supports API 0"),
        (False, "is written for API False, but this host supports API 0"),
    ],
)
def test_a_plugin_states_its_contract(
    stated: object, reason: str, host_of: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plugin that states no API is refused in one line, and so is one written for another; the others answer."""
    assert host_of(bad=[readers(reader(feed(fixed()), name="mine"))], good=[readers(GOOD)]).broken == []
    module = sys.modules["stand_in_bad"]
    monkeypatch.delattr(module, "API")
    if stated is not None:
        monkeypatch.setattr(module, "API", stated, raising=False)
    host = Host()
    assert [str(one) for one in host.broken] == [f"plugin bad: {reason}"]
    assert [offer.reader.name for offer in host.offers()] == ["good"]


def test_a_readers_name_is_taken_once(host_of: Plugins) -> None:
    """A plugin cannot bring a reader of another's name; both are named."""
    host = host_of(first=[readers(GOOD)], second=[readers(GOOD)])
    assert [(offer.reader.name, offer.plugin.name) for offer in host.offers()] == [("good", "first")]
    taken = "reader 'good': name: plugin first of unknown has a reader of this name"
    assert [str(one) for one in host.broken] == [f"plugin second: {taken}"]


def test_a_hook_may_take_fewer_arguments_but_not_others(host_of: Plugins) -> None:
    """An implementation that asks for an argument the hook does not have is refused by its name."""

    @hookimpl
    def netstat_readers(colours: object) -> list[object]:
        return [colours]

    host = host_of(bad=[netstat_readers], good=[readers(GOOD)])
    assert [offer.reader.name for offer in host.offers()] == ["good"]
    assert "colours" in host.broken[0].reason


def test_a_plugin_with_several_mistakes_breaks_once(host_of: Plugins) -> None:
    """A plugin with an unknown hook and a wrong argument is broken once, and the host stands."""

    @hookimpl
    def netstat_readers(colours: object) -> list[object]:
        return [colours]

    host = host_of(bad=[implementation("netstat_nonsense", list), netstat_readers], good=[readers(GOOD)])
    assert [broken.plugin.name for broken in host.broken] == ["bad"]
    assert [plugin.name for plugin in host.plugins] == ["good"]


def marked_by_pluggy() -> Any:
    """Make an implementation that has the mark of pluggy itself."""
    return pluggy.HookimplMarker("netstat")(readers(GOOD))


def under_another_name() -> Any:
    """Make an implementation whose mark has an option: the name of the hook."""

    @hookimpl(specname="netstat_readers")
    def give() -> list[Reader]:
        return [GOOD]

    return give


def last_of_two() -> Any:
    """Make an implementation that is marked as a call, with an option of pluggy's."""
    return hookimpl(readers(GOOD), trylast=True)


@pytest.mark.parametrize("make", [marked_by_pluggy, under_another_name, last_of_two])
def test_marks_are_those_of_pluggy(make: Callable[[], Any], host_of: Plugins) -> None:
    """The decorator takes pluggy's options, and pluggy's own decorator does as well."""
    host = host_of(good=[make()])
    assert host.broken == []
    assert [offer.reader.name for offer in host.offers()] == ["good"]


def test_marks_with_unknown_options_are_errors() -> None:
    """An option that pluggy does not have is a TypeError where the mark stands."""
    with pytest.raises(TypeError, match="colour"):
        hookimpl(colour="red")


class Bound:
    """A plugin that is an object of a module, of which an entry point names the attribute."""

    @hookimpl
    def netstat_readers(self, tables: object) -> list[Reader]:
        """Give a reader."""
        return [GOOD]


class Static:
    """A plugin that is a class."""

    @staticmethod
    @hookimpl
    def netstat_readers() -> list[Reader]:
        """Give a reader."""
        return [GOOD]


@pytest.mark.parametrize("plugin", [Bound(), Static, Static()])
def test_a_plugin_may_be_an_object(plugin: object, host_of: Plugins, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point may name an object or a class of a module; its marked methods are the implementations."""
    host_of(good=[])
    monkeypatch.setattr(sys.modules["stand_in_good"], "plugin", plugin, raising=False)
    monkeypatch.setattr(
        discovery, "_load_entry_points", lambda _path: [EntryPoint("good", "stand_in_good:plugin", GROUP)]
    )
    host = Host()
    assert host.broken == []
    assert [offer.reader.name for offer in host.offers()] == ["good"]


@pytest.mark.parametrize("module", ["netstat_inet", "netstat_core.sinks"])
def test_modules_of_built_in_plugins_are_not_given_away(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point of another distribution that names the module of a built-in plugin is refused in a line."""
    entries = [*read_entry_points(), EntryPoint("theirs", module, GROUP, Folder("/nowhere"))]
    monkeypatch.setattr(discovery, "_load_entry_points", lambda _path: entries)
    host = Host()
    assert [str(one) for one in host.broken] == [
        f"plugin theirs: entry point 'theirs': {module!r} is a module of netstat-core"
    ]
    assert {"json", "ndjson"} <= host.sinks().keys()
    assert "tcp" in {offer.reader.name for offer in host.offers()}


def test_readers_come_by_position(host_of: Plugins) -> None:
    """Readers are in the order of their positions, however plugins are named or registered."""
    late = reader(feed(fixed()), name="late", position=20, kind="late", families=("late",))
    early = reader(feed(fixed()), name="early", position=5, families=("early",))
    host = host_of(a=[readers(late)], z=[readers(GOOD, early)])
    assert [offer.reader.name for offer in host.offers()] == ["early", "good", "late"]
    assert host.offers(("things",)) == host.offers()
    assert host.offers(("other",)) == []


def test_built_in_formats_cannot_be_taken_over(host_of: Plugins) -> None:
    """A plugin's sink named like a built-in one is not used and named; so is one that is no sink, and others stay."""

    def intrude(_out: object) -> Any:
        raise AssertionError

    host = host_of(
        good=[
            implementation(
                "netstat_sinks", lambda: [Sink(name, meaning="?", make=intrude) for name in ("text", "json", "mine")]
            )
        ],
        bad=[implementation("netstat_sinks", lambda: ["json"])],
    )
    sinks = host.sinks()
    assert set(sinks) == {"json", "ndjson", "mine"}
    assert sinks["json"].make is not intrude
    assert sorted(str(broken) for broken in host.broken) == [
        "plugin bad: netstat_sinks: returned str among Sink objects",
        "plugin good: format 'json': name: the built-in plugin json has a format of this name",
        "plugin good: format 'text': name: it is reserved for the text of the dialect",
    ]


def test_blocked_plugins_are_not_imported(host_of: Plugins, monkeypatch: pytest.MonkeyPatch) -> None:
    """A blocked plugin's module is never loaded; several names are separated by commas."""
    host_of(good=[readers(GOOD)])
    entries = [EntryPoint(name, "stand_in_that_does_not_exist", GROUP) for name in ("one", "two", "three")]
    monkeypatch.setattr(discovery, "_load_entry_points", lambda _path: entries)
    monkeypatch.setenv("NETSTAT_PLUGINS_BLOCK", "one,,two")
    assert [broken.plugin.name for broken in Host().broken] == ["three"]
    assert Host(blocked=["three"]).broken == []
    assert Host(blocked=["three"]).blocked == {"one", "two", "three"}
