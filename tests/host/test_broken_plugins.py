"""One broken plugin costs a line and an entry in completeness: it never breaks or falsifies what others give."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import broken_kit as kit
import pytest
from broken_kit import Mistake

from netstat_core.cli import main as entry
from netstat_core.facts.gather import gather
from netstat_core.facts.query import facts_query
from netstat_core.host.discovery import Host
from netstat_core.report.plan import EVERYTHING, plan
from netstat_core.system import capture
from netstat_core.system.snapshot import SnapshotSystem

TCP = "sl local_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode\n"
TCP += "   0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1001 1\n"
GROUPS = (kit.LOADING, kit.ANSWERING, kit.DECLARING, kit.CLASHING, kit.PARSING, kit.LOOKING, kit.FORMATS, kit.SPENDING)
KIT: dict[str, Mistake] = {name: mistake for group in GROUPS for name, mistake in group.items()}
TOLD = {
    name: mistake
    for name, mistake in KIT.items()
    if mistake.is_told_always and mistake.met[0][:3] not in ("--f", "--j")
}
"""The mistakes that every report tells of."""

Outcome = tuple[str, list[str], int]
Run = Callable[..., Outcome]
every_mistake = pytest.mark.parametrize("mistake", KIT.values(), ids=KIT)
every_told_mistake = pytest.mark.parametrize("mistake", TOLD.values(), ids=TOLD)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a snapshot with a TCP listener and a toy."""
    tree = tmp_path_factory.mktemp("tree")
    (tree / "proc/net").mkdir(parents=True)
    for name, text in {
        "tcp": TCP,
        "unix": "Num       RefCount Protocol Flags    Type St Inode Path\n",
        "toy": "car\n",
    }.items():
        (tree / "proc/net" / name).write_text(text)
    return tree


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Give a function that installs a broken plugin for this test."""
    monkeypatch.delenv("NETSTAT_PLUGINS_BLOCK", raising=False)
    monkeypatch.syspath_prepend(tmp_path)

    def make(text: str, name: str = "toy", distribution: str = "netstat-toy") -> Path:
        monkeypatch.delitem(sys.modules, f"{distribution.replace('-', '_')}_plugin", raising=False)
        monkeypatch.syspath_prepend(kit.install(tmp_path / distribution, text, name, distribution))
        return tmp_path / distribution

    return make


@pytest.fixture
def run(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a function that runs the command in this process on the snapshot; plugins have these seconds."""
    monkeypatch.setattr("netstat_core.host.watch.SLOW_SECONDS", 100.0)

    def start(*arguments: str, seconds: float = 100.0) -> Outcome:
        for name in [name for name in sys.modules if re.fullmatch("netstat_.*_plugin", name)]:
            monkeypatch.delitem(sys.modules, name)
        stdout, stderr = io.BytesIO(), io.BytesIO()
        status = entry.run(["--from", str(tree), f"--plugin-budget={seconds}", *arguments], stdout, stderr)
        return stdout.getvalue().decode(), stderr.getvalue().decode().splitlines(), status

    return start


@pytest.fixture(scope="module")
def alone(tree: Path) -> dict[tuple[str, ...], str]:
    """Give what some command lines show where no plugin of others is installed."""
    shown = {}
    for arguments in (("-tln",), ("--json", "-tln"), ("-an",), ("--json", "-a"), ("--schema",), ("--help",)):
        stdout = io.BytesIO()
        assert entry.run(["--from", str(tree), *arguments], stdout, io.BytesIO()) == 0
        shown[arguments] = stdout.getvalue().decode()
    return shown


Alone = dict[tuple[str, ...], str]
Install = Callable[..., Path]


@every_mistake
def test_a_mistake_is_one_line_where_it_is_met(mistake: Mistake, install: Install, run: Run) -> None:
    """Who asks for what is broken gets one line, with plugin, object and field, and the exit status that says so."""
    install(mistake.text, mistake.entry)
    _, stderr, status = run(*mistake.met, seconds=kit.budget(mistake))
    assert (len(stderr), status) == (1, mistake.status), stderr
    assert [word for word in mistake.words if word not in stderr[0]] == []
    assert "plugin " in stderr[0] or mistake.status == 3
    assert stderr[0].isprintable()


@every_mistake
def test_others_show_the_same_rows(mistake: Mistake, install: Install, run: Run, alone: Alone) -> None:
    """The rows of the built-in plugins are the same to the byte, as text and as records, with status 0 and one line."""
    install(mistake.text, mistake.entry)
    for arguments in (("-tln",), ("--json", "-tln")):
        stdout, stderr, status = run(*arguments, seconds=kit.budget(mistake))
        assert (status, len(stderr) <= 1) == (0, True), stderr
        if arguments[0] == "--json":
            assert json.loads(stdout)["tables"] == json.loads(alone[arguments])["tables"]
        else:
            assert stdout == alone[arguments]


@every_mistake
def test_others_are_among_all(mistake: Mistake, install: Install, run: Run, alone: Alone) -> None:
    """Where nothing is named all built-in rows are there too, and a stranger that breaks then costs one line."""
    install(mistake.text, mistake.entry)
    stdout, stderr, status = run("-an", seconds=kit.budget(mistake))
    assert stdout.startswith(alone[("-an",)])
    assert (status, len(stderr) <= 1) == (4 if mistake.status == 4 else 0, True), stderr
    records = json.loads(run("--json", "-a", seconds=kit.budget(mistake))[0])["tables"]["sockets"]
    assert [one for one in records if one["kind"] != "toy.socket"] == json.loads(alone[("--json", "-a")])["tables"][
        "sockets"
    ]


@every_told_mistake
def test_a_mistake_is_an_entry_of_completeness(mistake: Mistake, install: Install, run: Run) -> None:
    """Each has one entry in completeness with the words of its line, so that its silence is not taken for emptiness."""
    install(mistake.text, mistake.entry)
    stdout, stderr, _ = run("--json", "-tln", seconds=kit.budget(mistake))
    entries = [one for one in json.loads(stdout)["completeness"] if one["reason"] == "broken_plugin"]
    assert [f"pynetstat: {one['source']}: {one['detail']}" for one in entries] == stderr
    assert [word for word in mistake.words if word not in stderr[0]] == []


SAMPLE = {
    **{next(iter(group)): next(iter(group.values())) for group in GROUPS},
    **{name: KIT[name] for name in ("a kind", "a schema that is none", "annotations that raise", "what another reads")},
}


@pytest.mark.parametrize("mistake", SAMPLE.values(), ids=SAMPLE)
def test_other_commands_stand(mistake: Mistake, install: Install, run: Run, alone: Alone) -> None:
    """Help and schemas of the built-in plugins are there, and the list of plugins says what is wrong when loaded."""
    install(mistake.text, mistake.entry)
    listed, _, status = run("--plugins")
    assert "\n  tcp: table sockets, families inet, inet6, inet.socket 1, feeds netlink, procfs\n" in listed
    broken = [line for line in listed.splitlines() if line.startswith("broken: ")]
    if mistake in TOLD.values():
        assert (len(broken), status) == (1, 1)
        assert [word for word in mistake.words if word.removeprefix("plugin ") not in broken[0]] == []
    schemas = json.loads(run("--schema")[0])
    assert {**schemas, **json.loads(alone[("--schema",)])} == schemas
    helped, stderr, status = run("--help")
    assert [line for line in alone[("--help",)].splitlines() if line not in helped and "--format" not in line] == []
    assert (status, len(stderr)) == (0, len(broken))


@every_mistake
def test_captures_and_facts_stand(mistake: Mistake, install: Install, tree: Path) -> None:
    """What a capture reads for others stays the same and is allowed, and facts of them are the same."""
    for name in [name for name in sys.modules if re.fullmatch("netstat_.*_plugin", name)]:
        del sys.modules[name]
    built_in = plan(EVERYTHING, Host())
    install(mistake.text, mistake.entry)
    host = Host()
    host.limits = host.limits._replace(seconds=kit.budget(mistake))
    planned = plan(EVERYTHING, host)
    capture.check(planned)
    assert [one for one in planned["sources"] if one != {"path": "/proc/net/toy"}] == built_in["sources"]
    facts = gather(facts_query(host), SnapshotSystem(tree), host).facts
    assert list(facts["listening"]) == ["tcp/80"]
