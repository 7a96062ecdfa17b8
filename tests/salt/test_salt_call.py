"""A real `salt-call --local` on a minion with known sockets: answers, exit statuses, the grain, and hostile names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import salt_zoo
from pynetstat import show
from salt_environment import Minion

pytestmark = pytest.mark.timeout(1800)  # the first test waits until Salt is installed

SCHEMA = Path(__file__).resolve().parents[2] / "docs/schemas/facts.json"
FUNCTIONS = [
    "capture",
    "interfaces",
    "is_closed",
    "is_listening",
    "listening",
    "parse",
    "routes",
    "sockets",
    "statistics",
]
PORTS = ["tcp/2201", "tcp/2202", "tcp/2203", "udp/5353"]
WITHOUT_RIGHTS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
"""Runs a command as root without any capability: it owns its files, and may not look into other processes."""

SHOWN_NAME = "{{ 7*7 }}\\x1b[2J"
SHOWN_PATH = "@evil\\x0a\\x1b[31m{{ salt['cmd.run']('id') }}"

IN_ONE_PROCESS = """
import json, sys
import salt.client, salt.config, salt.payload
options = salt.config.minion_config(sys.argv[1] + "/minion")
caller = salt.client.Caller(mopts={**options, "file_client": "local"})
answers = {name: caller.cmd(f"netstat.{name}") for name in sys.argv[2:]}
assert salt.payload.loads(salt.payload.dumps(answers)) == answers
print(json.dumps({"local": answers}))
"""


@pytest.fixture(scope="module")
def answers(minion: Minion) -> dict[str, Any]:
    """Give what each function that needs no argument returns, all in one process of Salt."""
    names = [name for name in FUNCTIONS if name not in {"is_closed", "is_listening", "parse"}]
    ran = minion.python("-c", IN_ONE_PROCESS, str(minion.salt.folder), *names)
    assert ran.status == 0, ran.stderr
    given: dict[str, Any] = ran.answer
    return given


def test_listening(minion: Minion) -> None:
    """What listens is found by protocol and port, with addresses and processes, and nothing else."""
    facts = minion.call("netstat.listening").answer
    found = facts["listening"]
    assert list(found) == PORTS
    assert found["tcp/2201"]["addresses"] == ["127.0.0.1"]
    assert [found[f"tcp/{port}"]["reachable"] for port in (2202, 2203)] == [["inet", "inet6"], ["inet6"]]
    assert (facts["complete"], facts["incomplete_because"]) == (True, [])


def test_hostile_names(minion: Minion, answers: dict[str, Any]) -> None:
    """Names of processes and sockets arrive as printable text, and no template in them is rendered."""
    facts = answers["listening"]
    assert set(facts["unix_listening"]) == {f"{minion.folder}/control", SHOWN_PATH}
    assert facts["unix_listening"][SHOWN_PATH]["processes"] == [SHOWN_NAME]
    printed = minion.call("netstat.listening", "--out=nested").stdout
    assert SHOWN_NAME in printed
    assert "\x1b[2J" not in printed
    assert "\x1b[31m{{" not in printed


def test_arguments(minion: Minion) -> None:
    """Selections arrive as numbers, lists and texts with commas, as YAML on a command line makes them."""
    where = minion.call("netstat.listening", "where=local_port > 2201 && local_port < 3000").answer
    assert list(where["listening"]) == ["tcp/2202", "tcp/2203"]
    for protocols in ("protocols=udp,udplite", "protocols=[udp, udplite]"):
        assert list(minion.call("netstat.listening", protocols).answer["listening"]) == ["udp/5353"]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["2202", "address=127.0.0.1"], True),
        (["udp/5353", "address=127.0.0.1", f"process={salt_zoo.HOSTILE_NAME[:9]}*"], True),
        (["2203", "address=127.0.0.1"], False),
        (["2201", "process=sshd"], False),
    ],
)
def test_is_listening(minion: Minion, arguments: list[str], *, found: bool) -> None:
    """The answer is a Boolean, and the exit status 0 or 1 tells it too."""
    ran = minion.call("--retcode-passthrough", "netstat.is_listening", *arguments)
    assert (ran.answer, ran.status, ran.stderr) == (found, 0 if found else 1, "")


def test_other_namespaces(minion: Minion) -> None:
    """With `netns` the question is about that namespace only; one that is not there is an error and not a no."""
    number = (minion.folder / "inner").read_text()
    namespaces = minion.call("netstat.listening", "protocols=tcp", "netns=all").answer["namespaces"]
    assert list(namespaces[number]["listening"]) == [f"tcp/{salt_zoo.INNER_PORT}"]
    inner = ["netstat.is_listening", f"tcp/{salt_zoo.INNER_PORT}"]
    assert minion.call(*inner, f"netns=inode:{number}").answer is True
    ran = minion.call(*inner, "netns=blue")
    assert (ran.stdout, ran.status, ran.stderr.count("\n")) == ("", 1, 1)
    assert "one readable network namespace, not 0: network namespace blue" in ran.stderr


def test_what_cannot_be_seen_is_said(minion: Minion) -> None:
    """Without rights the facts are incomplete, and who holds a port is an error in one line rather than a no."""
    facts = minion.call("netstat.listening", wrapper=WITHOUT_RIGHTS).answer
    assert list(facts["listening"]) == PORTS
    assert (facts["complete"], facts["listening"]["tcp/2201"]["processes"]) == (False, [])
    assert any("could not be read" in reason["text"] for reason in facts["incomplete_because"])
    assert minion.call("netstat.is_listening", "2201", wrapper=WITHOUT_RIGHTS).answer is True
    ran = minion.call("netstat.is_listening", "2201", "process=sshd", wrapper=WITHOUT_RIGHTS)
    assert (ran.stdout, ran.status, ran.stderr.count("\n")) == ("", 1, 1)
    assert ran.stderr.startswith("Error running 'netstat.is_listening': whether sshd holds tcp/2201 could not be seen")


def test_templates(minion: Minion) -> None:
    """In a template the answer is a Boolean, and one that is not known ends the rendering."""
    question = "string={{ salt['netstat.is_listening']('tcp/2201', process='sshd') }}"
    render = ["slsutil.renderer", "default_renderer=jinja", question]
    assert minion.call(*render).answer == "False"
    ran = minion.call(*render, wrapper=WITHOUT_RIGHTS)
    assert (ran.stdout, ran.status) == ("", 1)
    assert "whether sshd holds tcp/2201 could not be seen" in ran.stderr


STATES = """
closed:
  test.succeed_without_changes:
    - onlyif: [{fun: netstat.is_listening, port: tcp/1}]
open:
  test.succeed_without_changes:
    - onlyif: [{fun: netstat.is_listening, port: 2201/tcp}]
unknown:
  test.succeed_without_changes:
    - onlyif: [{fun: netstat.is_listening, port: tcp/2201, process: sshd}]
unknown too:
  test.succeed_without_changes:
    - onlyif: [{fun: netstat.is_closed, port: tcp/2201, process: sshd}]
surely closed:
  test.succeed_without_changes:
    - onlyif: [{fun: netstat.is_closed, port: tcp/1}]
"""


def test_states(minion: Minion, tmp_path: Path) -> None:
    """In `onlyif` a claim holds only where it is certain; the unknown is a warning, no traceback, no later answer."""
    (tmp_path / "claims.sls").write_text(STATES)
    ran = minion.call(f"--file-root={tmp_path}", "state.apply", "claims", wrapper=WITHOUT_RIGHTS)
    comments = {one["__id__"]: one["comment"] for one in ran.answer.values()}
    skipped = "onlyif condition is false"
    assert comments == {
        "closed": skipped,
        "open": "Success!",
        "unknown": skipped,
        "unknown too": skipped,
        "surely closed": "Success!",
    }
    assert ran.stderr.count("whether sshd holds tcp/2201 could not be seen") == 2
    assert "Traceback" not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["listening", "families=bogus"], "unknown family 'bogus'; known: "),
        (["is_listening", "sctp/no"], "a port is a number"),
        (["parse", "/nonexistent"], "/nonexistent: "),
    ],
)
def test_mistakes_end_in_one_line(minion: Minion, arguments: list[str], words: str) -> None:
    """What cannot be understood is one line on standard error and an exit status, and no traceback."""
    ran = minion.call(f"netstat.{arguments[0]}", *arguments[1:])
    assert (ran.stdout, ran.status) == ("", 1)
    assert ran.stderr.count("\n") == 1
    assert words in ran.stderr


def test_answers_are_plain(answers: dict[str, Any]) -> None:
    """Every function's answer survives Salt's own transport unchanged, and facts are those of the published schema."""
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    facts = [answer for answer in answers.values() if isinstance(answer, dict)]
    assert len(facts) == 5
    for answer in facts:
        validator.validate(answer)
        assert answer["complete"] is True


def test_tables(answers: dict[str, Any]) -> None:
    """Routes, interfaces, statistics and sockets are those of the minion's namespace."""
    destinations = [one["destination"] for one in answers["routes"]["routes"] if one["gateway"]]
    assert destinations == ["198.51.100.0"]
    assert answers["routes"]["default_route"]["inet"] is None
    assert answers["interfaces"]["interfaces"]["lo"]["mtu"] == 65536
    assert answers["statistics"]["statistics"]["Tcp"]["PassiveOpens"] == 1
    sockets = answers["sockets"]["sockets"]
    assert [one["state"] for one in sockets if one.get("remote_port") == 2201] == ["ESTABLISHED"]


def test_snapshots(minion: Minion, answers: dict[str, Any], tmp_path: Path) -> None:
    """A capture, as text or in a file, is parsed to the same facts here, and by the command line."""
    text = tmp_path / "minion.txt"
    text.write_text(answers["capture"])
    archive = tmp_path / "minion.tar.gz"
    assert minion.call("netstat.capture", f"path={archive}").answer == str(archive)
    assert archive.stat().st_mode & 0o777 == 0o600
    for snapshot in (str(text), str(archive), answers["capture"]):
        facts = minion.call("netstat.parse", snapshot, "tables=sockets").answer
        assert facts["listening"] == answers["listening"]["listening"]
        assert facts["unix_listening"] == answers["listening"]["unix_listening"]
    shown = json.loads(show(text, "--json", "-tln").stdout)["tables"]["sockets"]
    assert sorted(one["local_port"] for one in shown) == [2201, 2202, 2203]


def test_snapshot_of_listeners(minion: Minion) -> None:
    """A narrow capture says what it does not hold instead of giving it as empty."""
    text = minion.call("netstat.capture", "tables=sockets", "sockets=listening").answer
    assert list(minion.call("netstat.parse", text, "tables=sockets").answer["listening"]) == PORTS
    facts = minion.call("netstat.parse", text, "tables=sockets", "sockets=all").answer
    assert facts["complete"] is False
    assert any("not recorded in this snapshot" in reason["text"] for reason in facts["incomplete_because"])


def test_grain(minion: Minion) -> None:
    """The grain has the addresses of all TCP and UDP listeners, and minions are targeted by it."""
    grain = minion.call("grains.get", "netstat").answer
    assert grain == {
        "listening": dict(zip(PORTS, [["127.0.0.1"], ["::"], ["::"], ["127.0.0.1"]], strict=True)),
        "complete": True,
        "incomplete_because": [],
    }
    assert minion.call("match.grain", "netstat:listening:tcp/2202").answer is True
    assert minion.call("match.grain", "netstat:listening:tcp/22").answer is False


def test_documentation(minion: Minion) -> None:
    """Salt lists the nine functions and no other, and shows their documentation."""
    assert minion.call("sys.list_functions", "netstat").answer == [f"netstat.{name}" for name in FUNCTIONS]
    texts = minion.call("sys.doc", "netstat").answer
    assert [name for name in FUNCTIONS if "CLI Example:" in texts[f"netstat.{name}"]] == FUNCTIONS
