"""The module and the grain for Salt, called as Salt's loader does, in a process without Salt."""

from __future__ import annotations

import ast
import inspect
import json
import pwd
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from netstat_core import NetstatError, salt
from netstat_core.facts import gather
from netstat_core.salt.grains import netstat as grain
from netstat_core.salt.modules import netstat_mod as module
from netstat_core.system import capture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from trees import Trees

FOLDER = Path(salt.__file__).parent
FILES = sorted([FOLDER / "__init__.py", *FOLDER.glob("*/*.py")])  # what Salt loads
FUNCTIONS = {
    name: function for name, function in inspect.getmembers(module, inspect.isfunction) if not name.startswith("_")
}


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Give what Salt reads the exit status from."""
    given: dict[str, Any] = {}
    monkeypatch.setattr(module, "__context__", given, raising=False)
    return given


@pytest.fixture
def salts_error(monkeypatch: pytest.MonkeyPatch) -> type[Exception]:
    """Stand in for Salt's exceptions, as far as they are needed."""
    error = type("CommandExecutionError", (Exception,), {})
    monkeypatch.setitem(sys.modules, "salt.exceptions", SimpleNamespace(CommandExecutionError=error))  # type: ignore[arg-type]
    return error


@pytest.fixture
def listener() -> Iterator[int]:
    """Give the port of a TCP listener on the loopback address."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        yield opened.getsockname()[1]


def test_loading_imports_the_standard_library_only() -> None:
    """No file that Salt loads imports Salt, and none imports the host before a function is called."""
    assert len(FILES) == 5
    for path in FILES:
        tree = ast.parse(path.read_text())
        everywhere = {one for node in ast.walk(tree) for one in imported(node)}
        at_once = {one for node in tree.body for one in imported(node)}
        assert everywhere <= {*sys.stdlib_module_names, "netstat_core"}
        assert at_once <= sys.stdlib_module_names


def imported(node: ast.AST) -> set[str]:
    """Name the packages that a statement imports from."""
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").partition(".")[0]}
    return {alias.name.partition(".")[0] for alias in node.names} if isinstance(node, ast.Import) else set()


def test_nothing_else_is_offered() -> None:
    """Salt's loader offers every public function of a file: these are the nine, and the grain."""
    wanted = "capture interfaces is_closed is_listening listening parse routes sockets statistics"
    assert " ".join(FUNCTIONS) == wanted
    assert [name for name, _ in inspect.getmembers(grain, inspect.isfunction) if name[0] != "_"] == ["netstat"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_documented(name: str) -> None:
    """Each says what it does and gives an example of its call, in the form that Salt's own functions have."""
    text = inspect.getdoc(FUNCTIONS[name]) or ""
    _, _, example = text.partition("CLI Example:\n\n.. code-block:: bash\n\n")
    calls = example.splitlines()
    assert calls
    assert [call for call in calls if not call.startswith("    salt") or f" netstat.{name}" not in call] == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_arguments_are_of_every_salt(name: str) -> None:
    """No argument is for keywords only, since Salt 3006 says of such that they are not valid."""
    parameters = inspect.signature(FUNCTIONS[name]).parameters.values()
    assert {parameter.kind for parameter in parameters} == {inspect.Parameter.POSITIONAL_OR_KEYWORD}


def test_only_on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module is `netstat` on Linux; elsewhere it is not there and says why, and the grain is empty."""
    assert module.__virtual__() == "netstat"
    monkeypatch.setattr(sys, "platform", "sunos5")
    assert module.__virtual__() == (False, "the netstat module requires Linux")
    assert grain.netstat() == {}


def test_is_listening_sets_the_return_code(listener: int, context: dict[str, Any]) -> None:
    """A no is told by the return code too; a yes leaves it alone."""
    assert module.is_listening(listener, address="127.0.0.1") is True
    assert context == {}
    assert module.is_listening(f"tcp/{listener}", address="127.0.0.2") is False
    assert context == {"retcode": 1}


@pytest.mark.parametrize("name", ["is_listening", "is_closed"])
def test_a_port_is_written_either_way(listener: int, context: dict[str, Any], name: str) -> None:
    """A port as firewalld and Docker write it is the same port, and its protocol is the one that is read."""
    for protocol in ("tcp", "udp"):
        answers = {FUNCTIONS[name](port) for port in (f"{protocol}/{listener}", f"{listener}/{protocol.upper()}")}
        assert answers == {(protocol == "tcp") is (name == "is_listening")}


@pytest.mark.parametrize("name", ["is_listening", "is_closed"])
def test_in_a_state_what_is_not_known_is_false(
    listener: int, context: dict[str, Any], caplog: pytest.LogCaptureFixture, name: str, salts_error: type[Exception]
) -> None:
    """Elsewhere it is an error; in `onlyif`, where Salt shows tracebacks, neither claim holds and the log says why."""
    with pytest.raises(salts_error, match="one readable network namespace, not 0"):
        FUNCTIONS[name](listener, netns="nowhere")
    context["runas"] = None  # as while Salt runs a state
    assert FUNCTIONS[name](listener, netns="nowhere") is False
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "netns must select one readable network namespace" in caplog.text


def test_in_a_state_no_return_code_is_left(listener: int, context: dict[str, Any]) -> None:
    """Salt would take it for the return code of every function that the requisites of later states call."""
    context["runas"] = None
    assert module.is_closed(listener) is False
    assert module.is_listening(listener, address="127.0.0.2") is False
    assert context == {"runas": None}


def test_in_a_state_a_mistake_is_an_error(context: dict[str, Any], salts_error: type[Exception]) -> None:
    """A mistyped question is not taken for a no."""
    context["runas"] = None
    with pytest.raises(salts_error, match="a port is a number"):
        module.is_closed("ssh")


def test_is_listening_looks_for_owners_if_asked(
    listener: int, context: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All processes are searched only for a question about one."""
    with monkeypatch.context() as patched:
        patched.setattr(capture, "scan_owners", refuse)
        assert module.is_listening(listener) is True
    name = Path("/proc/self/comm").read_text().rstrip("\n")
    assert module.is_listening(listener, process=name) is True
    assert context == {}


def test_is_listening_is_about_one_namespace(monkeypatch: pytest.MonkeyPatch, salts_error: type[Exception]) -> None:
    """Where `netns` leads to several namespaces there is no one answer, and none is made up."""
    blue = {"listening": {}, "network_namespace": {"inode": 2, "name": "blue"}}
    own = {"listening": {}, "network_namespace": {"inode": 1, "name": None}}
    facts = {**own, "namespaces": {"blue": blue}, "incomplete_because": []}
    monkeypatch.setattr(gather, "gather", lambda *_, **__: SimpleNamespace(facts=facts))
    with pytest.raises(salts_error, match="netns must select one readable network namespace, not 2"):
        module.is_listening(22, netns="all")


def refuse(*_: Any, **__: Any) -> NoReturn:
    """Stand in for what is not to be called."""
    raise AssertionError("called")


def test_errors_are_plain_without_salt() -> None:
    """Where there is no Salt, mistakes and failures are raised as they are."""
    for snapshot in ("relative", "/nonexistent"):
        with pytest.raises(NetstatError):
            module.parse(snapshot)


def test_errors_are_those_of_salt(salts_error: type[Exception]) -> None:
    """Inside of Salt they are raised as the exception that it shows without a traceback."""
    for snapshot in ("relative", "/nonexistent"):
        with pytest.raises(salts_error):
            module.parse(snapshot)


@pytest.mark.parametrize(
    ("name", "asked", "words"),
    [
        ("listening", {"families": "inet,bogus"}, "unknown family 'bogus'; known: "),
        ("sockets", {"where": "local_prt == 1"}, "did you mean local_port?"),
        ("routes", {"where": ")"}, "syntax error at character 1"),
        ("is_listening", {"port": "http"}, "a port is a number"),
        ("is_listening", {"port": "bogus/1"}, "unknown protocol 'bogus'"),
        ("capture", {"path": "relative"}, "nor an absolute path: 'relative'"),
        ("capture", {"sockets": 5}, "sockets must be one of"),
        ("sockets", {"owners": False, "who": True}, "owners: who and arguments describe processes"),
        ("capture", {"path": "/nonexistent/file"}, "/nonexistent/file: No such file"),
        ("parse", {"snapshot": "netstat-capture/1:AAAA"}, "the snapshot is damaged"),
    ],
)
def test_mistakes_are_explained(name: str, asked: dict[str, Any], words: str, salts_error: type[Exception]) -> None:
    """What cannot be understood or done is told in one line."""
    with pytest.raises(salts_error) as raised:
        FUNCTIONS[name](**asked)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_messages_are_bounded(salts_error: type[Exception]) -> None:
    """A megabyte in the place of a path, with what moves a cursor, is not repeated in the message."""
    for start in ("", "/"):
        with pytest.raises(salts_error, match="absolute path") as raised:
            module.parse(start + "\x1b\n" * 500_000)
        assert len(str(raised.value)) <= 500
        assert str(raised.value).isprintable()


def test_arguments_stay_unless_asked_for(tmp_path: Path) -> None:
    """Facts, records and captures of a minion have arguments of its processes where they are asked for only."""
    secret = "--password=of-a-minion"
    program = (
        "import socket as s, sys; l = s.create_server(('', 0)); print(l.getsockname()[1], flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, secret]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin
        assert child.stdout
        port = int(child.stdout.readline())
        for arguments in (False, True):
            given: dict[str, Any] = {"arguments": arguments}
            snapshot = module.capture(tables="sockets", protocols="tcp", **given)
            answers = [
                module.listening(protocols="tcp", who=True, **given),
                module.sockets(protocols="tcp", where=f"local_port == {port}", **given),
                module.parse(snapshot, tables="sockets", protocols="tcp", who=True, arguments=True),
                held_by(module.capture(path=f"{tmp_path}/{arguments}/", **given)),
            ]
            assert [secret in json.dumps(answer) for answer in answers] == [arguments] * len(answers)
        child.stdin.close()


def held_by(folder: str) -> list[str]:
    """Return what the files of a folder hold."""
    return [path.read_bytes().decode("latin-1") for path in Path(folder).rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["tcp-a-6.18", "unix-a-6.18", "routes-a-6.1"])
def test_snapshots_are_parsed(name: str, trees: Trees) -> None:
    """A folder and its packed text give the same facts, as plain data."""
    folder = trees[f"captures/{name}"]
    contents = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and "net" in path.parts
    }
    facts = module.parse(str(folder), tables="interfaces")
    assert json.loads(json.dumps(facts)) == facts
    assert facts["interfaces"]
    assert (
        module.parse(capture.pack(contents), tables=["interfaces"])["interfaces"].keys() == facts["interfaces"].keys()
    )


def test_a_capture_answers_what_facts_ask() -> None:
    """What is captured without arguments holds all that facts are made from."""
    text = module.capture()
    for tables in (None, "sockets,routes,neighbours"):
        facts = module.parse(text, tables=tables, sockets="all", who=True)
        assert [reason for reason in facts["incomplete_because"] if "snapshot" in reason["text"]] == []


def test_owners_are_not_looked_for_if_not_asked_for(listener: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without owners neither facts nor captures search processes, whose names are null then, not missing."""
    with monkeypatch.context() as patched:
        patched.setattr(capture, "scan_owners", refuse)
        found = [module.listening(owners=False), module.sockets(owners=False, protocols="tcp")]
        texts = [module.capture(owners=False), module.capture(owners=False, preset="fleet")]
    found += [module.parse(text, owners=False) for text in texts]
    for facts in found:
        assert facts["listening"][f"tcp/{listener}"]["processes"] is None
        assert facts["covers"]["owners"] == "none"
        assert facts["complete"]
    assert module.parse(texts[0])["covers"]["owners"] == "some"  # they were asked for, and are not in the capture


def test_grain_looks_at_no_process(listener: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The grain has the addresses of a listener, and neither searches processes nor asks for users."""
    monkeypatch.setattr(capture, "scan_owners", refuse)
    monkeypatch.setattr(pwd, "getpwuid", refuse)
    given = grain.netstat()["netstat"]
    assert given["listening"][f"tcp/{listener}"] == ["127.0.0.1"]
    assert (given["complete"], given["incomplete_because"]) == (True, [])


def test_grain_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where anything fails there is no `listening`, and a short printable reason."""

    def fail(*_: Any, **__: Any) -> NoReturn:
        raise RuntimeError("\x1b\n" * 100_000)

    monkeypatch.setattr(gather, "gather", fail)
    given = grain.netstat()["netstat"]
    assert given.keys() == {"complete", "incomplete_because"}
    assert given["complete"] is False
    [reason] = given["incomplete_because"]
    assert reason["about"] == "table"
    assert reason["text"].startswith("RuntimeError: ")
    assert reason["text"].isprintable()
    assert len(reason["text"]) <= 2000


def test_grain_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a machine that listens everywhere some is kept, and that it is not all is said."""
    addresses = [f"127.0.0.{last}" for last in range(30)]
    facts = {
        "listening": {f"tcp/{port}": {"addresses": addresses} for port in range(1, 1000)},
        "incomplete_because": [],
    }
    monkeypatch.setattr(gather, "gather", lambda *_, **__: SimpleNamespace(facts=facts))
    given = grain.netstat()["netstat"]
    assert given["listening"] == {f"tcp/{port}": addresses[:20] for port in range(1, 501)}
    assert given["complete"] is False
    assert len(given["incomplete_because"]) == 1
