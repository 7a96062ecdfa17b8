"""netstat_facts and netstat_capture as tasks of real playbooks."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import namespaces
import plays
import pytest

NOWHERE = plays.reason()
pytestmark = [
    pytest.mark.skipif(NOWHERE is not None, reason=NOWHERE or ""),
    pytest.mark.skipif(namespaces.reason() is not None, reason=namespaces.reason() or ""),
]

SYSTEM_PYTHON = "/usr/bin/python3"

SOCKETS = r"""
import ctypes, os, socket, sys
os.makedirs(sys.argv[1], exist_ok=True)
kept = []
def hold(family, kind, address):
    one = socket.socket(family, kind)
    one.bind(address)
    if kind == socket.SOCK_STREAM:
        one.listen()
    kept.append(one)
hold(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 22))
hold(socket.AF_INET6, socket.SOCK_STREAM, ("::", 80))
hold(socket.AF_INET, socket.SOCK_DGRAM, ("0.0.0.0", 53))
hold(socket.AF_UNIX, socket.SOCK_STREAM, b"\0{{ lookup('pipe', 'touch %s/canary') }}" % sys.argv[1].encode())
hold(socket.AF_UNIX, socket.SOCK_STREAM, b"\0red\n\x1b[31m\xff")
ctypes.CDLL(None).prctl(15, b"{{ 7 * 7 }}", 0, 0, 0)
client = socket.create_connection(("127.0.0.1", 22))
print("ready", flush=True)
sys.stdin.read()
"""


class Site:
    """A network namespace with sockets, and playbooks run inside."""

    def __init__(self, inside: namespaces.NetworkNamespace, folder: Path) -> None:
        self.inside = inside
        self.folder = folder
        self._runs = 0

    def run(self, *tasks: dict[str, Any], status: int = 0, arguments: tuple[str, ...] = (), **play: Any) -> Any:
        """Return what the last task left in the variable `told`, of a play that ends with a status, and its output."""
        self._runs += 1
        home = self.folder / f"{os.getpid()}-{self._runs}"
        home.mkdir()
        outcome = home / "outcome.json"
        write = {"content": "{{ told | default(none) | to_json }}", "dest": str(outcome), "mode": "0600"}
        last = {"ansible.builtin.copy": write, "delegate_to": "localhost", "check_mode": False, "become": False}
        environment = play.pop("environment", {})
        variables = {"ansible_python_interpreter": "{{ python | default('" + sys.executable + "') }}"}
        playbook = home / "play.json"
        told = {"hosts": "localhost", "gather_facts": False, **play, "tasks": [*tasks, last]}
        playbook.write_text(json.dumps([told]))
        done = plays.play(playbook, home, *arguments, enter=self.inside.enter, environment=environment, **variables)
        self.output = done.stdout + done.stderr
        assert done.returncode == status, self.output
        assert "Traceback" not in self.output
        return json.loads(outcome.read_text()) if outcome.exists() else None

    def cli(self) -> Any:
        """Return what `--format facts` prints inside."""
        ran = self.inside.run([sys.executable, "-m", "netstat_core", "--format", "facts"])
        return json.loads(ran.stdout)["ansible_facts"]["netstat"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give a namespace with a few sockets of every sort."""
    folder = tmp_path_factory.mktemp("site")
    with namespaces.network_namespace() as inside:
        inside.run(["ip", "link", "set", "lo", "up"])
        with inside.running([sys.executable, "-c", SOCKETS, str(folder / "sockets")]):
            yield Site(inside, folder)


def facts(**options: Any) -> dict[str, Any]:
    """Return a task that gathers facts."""
    return {"netstat.core.netstat_facts": options, "register": "result"}


def tell(expression: str, **more: Any) -> dict[str, Any]:
    """Return a task that keeps the value of an expression."""
    return {"ansible.builtin.set_fact": {"told": "{{ " + expression + " }}"}, **more}


CHANGING = ("captured_at", "statistics", "interfaces")


def lasting(found: dict[str, Any]) -> dict[str, Any]:
    """Return facts without what differs from one moment to the next, and without sockets of Ansible's own."""
    kept = {key: value for key, value in found.items() if key not in CHANGING}
    kept["unix_listening"] = own_names(found)
    kept["totals"] = {**found["totals"], "unix": {}}
    return kept


def own_names(found: dict[str, Any]) -> dict[str, Any]:
    """Return the UNIX listeners but for Ansible's own."""
    return {name: entry for name, entry in found["unix_listening"].items() if "/pymp-" not in name}


def test_facts_are_those_of_the_command_line(site: Site) -> None:
    """The module sets the facts that --format facts prints on that machine, and changes nothing."""
    found = site.run(facts(), tell("{'facts': ansible_facts.netstat, 'result': result}"))
    assert lasting(found["facts"]) == lasting(site.cli())
    assert found["facts"]["complete"]
    assert not found["result"]["changed"]
    assert "sockets" not in found["result"]
    assert set(found["facts"]["interfaces"]) == {"lo"}


def test_all_sockets_are_in_the_result_only(site: Site) -> None:
    """With sockets: all the result has every record, with other users' bytes harmless; the facts have totals."""
    found = site.run(facts(sockets="all"), tell("{'facts': ansible_facts.netstat, 'sockets': result.sockets}"))
    assert found["facts"]["totals"]["tcp"] == {"ESTABLISHED": 2, "LISTEN": 2}
    assert "sockets" not in found["facts"]
    paths = {one.get("path") for one in found["sockets"]}
    assert r"red\x0a\x1b[31m\xff" in paths
    inet = [one for one in found["sockets"] if one["kind"] == "inet.socket"]
    assert {one["processes"][0]["name"] for one in inet if one["processes"]} == {"{{ 7 * 7 }}"}
    assert len(inet) == 4 + 1


def test_options_narrow_what_is_read(site: Site) -> None:
    """Families, protocols, tables and where leave out the rest, and the facts say what they cover."""
    found = site.run(
        facts(protocols=["tcp"], where="local_port < 50"),
        tell("[ansible_facts.netstat]"),
        facts(families=["unix"]),
        tell("told + [ansible_facts.netstat]"),
        facts(tables=["interfaces", "routes", "neighbours"]),
        tell("told + [ansible_facts.netstat]"),
    )
    assert list(found[0]["listening"]) == ["tcp/22"]
    assert found[0]["covers"]["where"] == "local_port < 50"
    assert found[0]["covers"]["protocols"] == ["tcp"]
    assert "listening" not in found[1]
    assert len(own_names(found[1])) == 2
    assert {"interfaces", "routes", "neighbours"} <= set(found[2])
    assert not {"listening", "unix_listening", "totals", "statistics"} & set(found[2])


def test_without_owners(site: Site) -> None:
    """Facts without owners have null for processes, also from a capture without them, and tests on ports pass."""
    claim = {"that": "ansible_facts.netstat is netstat.core.listening_on('tcp/22', process='sshd')"}
    found = site.run(
        facts(owners=False),
        tell("[ansible_facts.netstat, ansible_facts.netstat is netstat.core.listening_on('tcp/22')]"),
        {"netstat.core.netstat_capture": {"owners": False}, "register": "taken"},
        tell("told + [taken.snapshot | netstat.core.parse(owners=false), taken.snapshot | netstat.core.parse]"),
        {"ansible.builtin.assert": claim, "ignore_errors": True},
    )
    assert "processes were not searched for; gather with owners" in site.output
    unknown = {"processes": None, "pids": None, "owner_seen": None}
    for one in (found[0], found[2]):
        assert one["listening"]["tcp/22"].items() >= unknown.items()
        assert (one["covers"]["owners"], one["complete"]) == ("none", True)
    assert found[1]
    assert (found[3]["covers"]["owners"], found[3]["complete"]) == ("some", False)


def test_the_facts_of_listen_ports_facts(site: Site) -> None:
    """Compat sets tcp_listen and udp_listen beside the facts, with a row for each process."""
    found = site.run(facts(compat="listen_ports_facts"), tell("ansible_facts"))
    assert {"tcp_listen", "udp_listen", "netstat"} <= set(found)
    rows = found["tcp_listen"]
    assert [(row["address"], row["port"], row["protocol"]) for row in rows] == [
        ("127.0.0.1", 22, "tcp"),
        ("::", 80, "tcp"),
    ]
    assert {(row["name"], row["user"]) for row in rows} == {("{{ 7 * 7 }}", "root")}
    assert all(row["pid"] > 0 and row["stime"] for row in rows)
    assert [row["port"] for row in found["udp_listen"]] == [53]
    assert not any("owners" in entry for entry in found["netstat"]["listening"].values())


def test_a_narrow_task_can_leave_earlier_facts(site: Site) -> None:
    """Facts replace earlier ones as a whole, so that all are of one time; a task can return them in its result only."""
    narrow = {"tables": ["sockets"], "protocols": ["tcp"]}
    kept = site.run(facts(), facts(**narrow, set_fact=False), tell("[ansible_facts.netstat, result]"))
    assert {"interfaces", "listening"} <= set(kept[0])
    assert "udp" in kept[0]["covers"]["protocols"]
    assert kept[1]["netstat"]["covers"]["protocols"] == ["tcp"]
    assert "netstat" not in kept[1]["ansible_facts"]
    assert site.run(facts(set_fact=False), tell("result is netstat.core.listening_on('tcp/22')"))
    replaced = site.run(facts(), facts(**narrow), tell("ansible_facts.netstat"))
    assert "interfaces" not in replaced
    assert replaced["covers"]["protocols"] == ["tcp"]


def test_compat_claims_nothing_of_protocols_that_were_not_read(site: Site) -> None:
    """A list of a protocol that the task does not read is absent; details of processes are facts if asked for."""
    found = site.run(facts(compat="listen_ports_facts", protocols=["tcp"], who=True), tell("ansible_facts"))
    assert "udp_listen" not in found
    assert len(found["tcp_listen"]) == 2
    assert all(entry["owners"][0]["executable"] for entry in found["netstat"]["listening"].values())


def test_arguments_leave_the_target_if_asked_for(site: Site) -> None:
    """The facts and all sockets of a task have arguments of processes where it asks for them, and so has a snapshot."""
    secret = str(site.folder / "sockets")  # an argument of the process that holds the sockets
    for arguments in (False, True):
        captured = {"netstat.core.netstat_capture": {"arguments": arguments}, "register": "taken"}
        tasks = [facts(who=True, sockets="all", arguments=arguments), captured]
        replayed = "taken.snapshot | netstat.core.parse(who=true, arguments=true)"
        found = site.run(*tasks, tell(f"[result.ansible_facts.netstat.listening, result.sockets, {replayed}]"))
        assert [commands_have(secret, one) for one in found] == [arguments] * 3
        assert found[2]["complete"] == arguments


def commands_have(text: str, value: Any) -> bool:
    """Tell whether a text is an argument of any process, however deep."""
    if isinstance(value, dict):
        return any(
            text in (one or ()) if name == "command" else commands_have(text, one) for name, one in value.items()
        )
    return isinstance(value, list) and any(commands_have(text, one) for one in value)


def test_a_snapshot_gives_the_same_facts(site: Site) -> None:
    """What netstat_capture brings, run in the background too, gives the facts that the target itself would."""
    capture = {"netstat.core.netstat_capture": {}, "async": 30, "poll": 1, "register": "taken"}
    found = site.run(
        capture,
        facts(snapshot="{{ taken.snapshot }}"),
        tell("[ansible_facts.netstat, ansible_facts.netstat_snapshot | netstat.core.parse]"),
    )
    assert lasting(found[0]) == lasting(site.cli())
    assert found[1] == found[0]


def test_gathered_at_the_start_of_a_play(site: Site) -> None:
    """netstat_capture works in ansible_facts_modules; netstat_facts listed there says what to list instead."""
    modules = {"ansible_facts_modules": ["netstat.core.netstat_capture"]}
    parse = tell("ansible_facts.netstat_snapshot | netstat.core.parse")
    found = site.run(parse, gather_facts=True, vars=modules)
    assert lasting(found) == lasting(site.cli())
    site.run(gather_facts=True, vars={"ansible_facts_modules": ["netstat.core.netstat_facts"]}, status=2)
    assert "list netstat.core.netstat_capture there" in site.output


def test_ways_of_running_a_task(site: Site) -> None:
    """Loops, until, module_defaults of the group, delegated facts, check mode and cached facts work as elsewhere."""
    other = {"add_host": {"name": "other", "ansible_connection": "local"}}
    found = site.run(
        other,
        {**facts(), "loop": [1, 2], "register": "looped"},
        {**facts(), "until": "'tcp/22' in result.ansible_facts.netstat.listening", "retries": 2, "delay": 0},
        {**facts(), "delegate_to": "other", "delegate_facts": True},
        tell("[looped.results | length, ansible_facts.netstat, hostvars.other.ansible_facts.netstat]"),
        module_defaults={"group/netstat.core.netstat": {"sockets": "listening"}},
        arguments=("--check",),
        environment={"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(site.folder / "cache")},
    )
    assert found[0] == 2
    assert "sockets" in found[1]["covers"]["tables"]
    assert set(found[2]["listening"]) == {"tcp/22", "tcp/80", "udp/53"}
    assert any("netstat" in path.read_text() for path in (site.folder / "cache").iterdir())


LATE = r"""
import os, socket, sys, time
early = socket.create_server(("127.0.0.1", 8081))
print("ready", flush=True)
while not os.path.exists(sys.argv[1]):
    time.sleep(0.02)
late = socket.create_server(("127.0.0.1", 8080))
early.close()
sys.stdin.read()
"""


def waiting(condition: str, *, retries: int = 60, **options: Any) -> dict[str, Any]:
    """Return a task that gathers facts until a condition holds."""
    return {**facts(**options), "until": condition, "retries": retries, "delay": 0}


@pytest.mark.parametrize("claim", ["listening_on('8080/tcp', wait=true)", "closed_on('tcp/8081', wait=true)"])
def test_until_waits_for_what_is_claimed(site: Site, claim: str) -> None:
    """The registered result is tested anew with each attempt, although earlier facts say otherwise."""
    signal = site.folder / f"signal-{os.getpid()}-{claim.partition('(')[0]}"
    touch = "lookup('ansible.builtin.pipe', 'touch " + str(signal) + "') == ''"
    condition = [touch, f"result is netstat.core.{claim}"]
    with site.inside.running([sys.executable, "-c", LATE, str(signal)]):
        earlier = facts(tables=["sockets"])
        found = site.run(
            earlier, waiting(condition, tables=["sockets"]), tell("[result.attempts, ansible_facts.netstat]")
        )
    assert int(found[0]) > 1
    assert "tcp/8080" in found[1]["listening"]
    assert "FAILED - RETRYING" in site.output


@pytest.mark.parametrize("claim", ["listening_on", "closed_on"])
def test_until_tries_again_where_nothing_is_known(site: Site, claim: str) -> None:
    """Facts that hold no answer, or none at all, fail the task in the end; a warning says why, and in one line."""
    condition = f"result is netstat.core.{claim}('tcp/22', wait=true)"
    lies = liar(site, {"failed": True, "msg": "no room"})
    found = site.run(
        {**waiting(condition, retries=2, protocols=["udp"]), "ignore_errors": True},
        tell("[result.attempts]"),
        {**waiting(condition, retries=2), "ignore_errors": True, "vars": lies},
        tell("told + [result.attempts]"),
    )
    assert [int(attempts) for attempts in found] == [2, 2]
    warnings = " ".join(site.output.split())
    assert "[WARNING]: whether anything listens on tcp/22 could not be seen: the facts cover udp, but tcp" in warnings
    assert "[WARNING]: facts: this is the result of a task that failed: 'the target could not capture" in warnings


def documented_values() -> list[dict[str, Any]]:
    """Return options of netstat_facts, each with one of its choices or with a value that its description names."""
    yaml = pytest.importorskip("yaml")
    module = plays.ROOT / "ansible_collection/plugins/modules/netstat_facts.py"
    text = module.read_text().partition('DOCUMENTATION = r"""')[2].partition('"""')[0]
    tried = []
    for name, option in yaml.safe_load(text)["options"].items():
        values = set(option.get("choices", []))
        values |= set(re.findall(r"V\((\w+)\)", " ".join(option["description"]))) if "elements" in option else set()
        tried += [{name: [value] if "elements" in option else value} for value in sorted(values)]
    return tried


def test_each_documented_value_of_an_option_works(site: Site) -> None:
    """Every choice, and every family, protocol and table that the documentation names, is accepted and read."""
    tried = documented_values()
    assert [options for options in tried if options.get("protocols") == ["interfaces"]] != []  # what is not read then
    tried = [options for options in tried if options.get("protocols") != ["interfaces"]]
    assert {"sockets": "all"} in tried
    assert {"protocols": ["unix"]} in tried
    assert {"compat": "listen_ports_facts"} in tried
    assert len(tried) > 15
    found = site.run(
        *(facts(**options) for options in tried),
        facts(protocols=["unix"]),
        tell("ansible_facts.netstat"),
    )
    assert found["covers"]["protocols"] == ["unix"]
    assert len(own_names(found)) == 2


MANY = r"""
import socket, sys
server = socket.create_server(("127.0.0.1", 4000), backlog=1000)
kept = [socket.create_connection(("127.0.0.1", 4000)) for _ in range(400)]
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("condition", ["until", "failed_when"])
def test_a_condition_that_fails_does_not_print_all_sockets(site: Site, condition: str) -> None:
    """The result of a task that fails is printed, unless it is long; it is registered all the same, and -v shows it."""
    claim = "result is netstat.core.listening_on('tcp/4444', wait=true)"
    failing = {"until": claim, "retries": 1, "delay": 0} if condition == "until" else {"failed_when": f"not ({claim})"}
    task = {**facts(sockets="all", tables=["sockets"]), **failing, "ignore_errors": True}
    with site.inside.running([sys.executable, "-c", MANY]):
        found = site.run(task, tell("[result.sockets | length, result.ansible_facts.netstat.totals.tcp.LISTEN]"))
        hidden = site.output
        site.run(task, arguments=("-v",))
        shown = site.output
    assert int(found[0]) > 800
    assert len(hidden) < 3000
    assert "no_log" in hidden
    assert len(shown) > 100_000
    site.run({**facts(protocols=["tcp"], tables=["sockets"]), **failing, "ignore_errors": True})
    assert "tcp/22" in site.output  # short enough to be of use


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"families": ["ipv5"]}, "unknown family 'ipv5'; known: "),
        ({"tables": ["ports"]}, "unknown table 'ports'; known: "),
        ({"where": "local_port <"}, "the expression ends too early"),
        ({"sockets": "some"}, "value of sockets must be one of: listening, all"),
        ({"socket": "all"}, "Unsupported parameters"),
        ({"owners": False, "compat": "listen_ports_facts"}, "owners: listen_ports_facts lists processes"),
        ({"owners": False, "who": True}, "owners: who and arguments describe processes"),
        ({"netns": ["pid:x"]}, "'pid:x' is not NAME, pid:NUMBER or inode:NUMBER"),
        ({"snapshot": "hello"}, "the snapshot does not begin with netstat-capture/1:"),
        ({"snapshot": "netstat-capture/1:AAAA"}, "the snapshot is damaged"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(site: Site, options: dict[str, Any], words: str) -> None:
    """A wrong option fails the task with one sentence."""
    site.run(facts(**options), status=2)
    assert words in site.output


def test_no_async(site: Site) -> None:
    """netstat_facts refuses async, since the controller's part would be left out."""
    site.run({**facts(), "async": 10, "poll": 1}, status=2)
    assert any(words in site.output for words in ("does not support async", "async is not supported"))  # 2.16


def test_names_are_never_templates(site: Site) -> None:
    """Names that look like templates are not evaluated: from facts, results, set_fact, loops and the parse filter."""
    found = site.run(
        facts(sockets="all"),
        {"netstat.core.netstat_capture": {}},
        {"ansible.builtin.set_fact": {"name": "{{ ansible_facts.netstat.listening['tcp/22'].processes[0] }}"}},
        {
            "ansible.builtin.set_fact": {
                "path": "{{ ansible_facts.netstat.unix_listening | select('search', 'canary') | first }}"
            }
        },
        {"ansible.builtin.debug": {"msg": "{{ item }} {{ name }} {{ path }}"}, "loop": "{{ result.sockets }}"},
        {"ansible.builtin.debug": {"var": "ansible_facts.netstat"}},
        {"ansible.builtin.set_fact": {"parsed": "{{ ansible_facts.netstat_snapshot | netstat.core.parse }}"}},
        {"ansible.builtin.debug": {"msg": "{{ parsed.unix_listening }} {{ parsed.listening['tcp/22'] }}"}},
        tell("[name, path, parsed.listening['tcp/22'].processes[0]]"),
    )
    assert found == ["{{ 7 * 7 }}", found[1], "{{ 7 * 7 }}"]
    assert "lookup('pipe'" in found[1]
    assert not (site.folder / "sockets/canary").exists()
    assert "\x1b" not in site.output


def test_without_rights(site: Site) -> None:
    """Without root the facts say that owners could not be seen, rather than that there are none."""
    if not Path(SYSTEM_PYTHON).exists():
        pytest.skip(f"{SYSTEM_PYTHON} is not there for other users to run")
    user = {"become": True, "become_user": "nobody", "become_method": "su", "become_flags": "-s /bin/sh"}
    found = site.run(
        {**facts(), **user},
        tell("ansible_facts.netstat"),
        environment={"ANSIBLE_PIPELINING": "1"},
        vars={"python": SYSTEM_PYTHON},
    )
    assert not found["complete"]
    assert any("could not be read" in reason["text"] for reason in found["incomplete_because"])
    assert found["covers"]["owners"] != "all"
    assert found["listening"]["tcp/22"]["processes"] == []
    assert not found["listening"]["tcp/22"]["owner_seen"]


def test_a_failure_is_no_template(site: Site) -> None:
    """What a target says of its failure is not evaluated, neither where it is registered nor where it is rescued."""
    canary = site.folder / "failed-canary"
    answer = {"failed": True, "msg": "{{ lookup('pipe', 'touch " + str(canary) + "') }}"}
    show = {"ansible.builtin.debug": {"msg": "{{ result.msg }} {{ ansible_failed_result.msg | default('') }}"}}
    variables = liar(site, answer)
    found = site.run(
        {**facts(), "ignore_errors": True, "vars": variables},
        show,
        {"block": [{**facts(), "vars": variables}], "rescue": [show]},
        tell("result.msg"),
    )
    assert "lookup('pipe'" in found
    assert not canary.exists()


def test_namespaces_are_those_asked_for(site: Site) -> None:
    """Facts have the namespaces that were named, say so of one that is not there, and tell which were looked at."""
    make = "mkdir -p /run/netns && mount -t tmpfs none /run/netns && ip netns add red && ip netns add blue"
    assert site.inside.run(["sh", "-c", make]).returncode == 0
    try:
        found = site.run(
            facts(netns=["red"], tables=["sockets"]),
            tell("[ansible_facts.netstat]"),
            facts(netns=["red", "ghost"]),
            tell("told + [ansible_facts.netstat]"),
            {"netstat.core.netstat_capture": {"netns": ["all"]}, "register": "taken"},
            tell("told + [taken.snapshot | netstat.core.parse(netns=['blue', 'ghost'])]"),
            facts(snapshot="{{ taken.snapshot }}", netns=["all"]),
            tell("told + [ansible_facts.netstat]"),
        )
    finally:
        site.inside.run(["sh", "-c", "ip netns delete red; ip netns delete blue; umount /run/netns"])
    assert [sorted(one["namespaces"]) for one in found] == [["red"], ["red"], ["blue"], ["blue", "red"]]
    assert [one["covers"]["namespaces"] for one in found] == ["some", "some", "some", "all"]
    assert [one["complete"] for one in found] == [True, False, False, True]
    for one in found[1:3]:
        assert any(reason["about"] == "namespaces" for reason in one["incomplete_because"])
    assert all(set(one["listening"]) == {"tcp/22", "tcp/80", "udp/53"} for one in found)


def test_another_kernel(site: Site) -> None:
    """A target that is not Linux says so."""
    other = site.folder / f"bsd-{os.getpid()}"
    script = (
        "import runpy, sys; sys.platform = 'freebsd14'; del sys.argv[0]; runpy.run_path(sys.argv[0], {}, '__main__')"
    )
    other.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{script}" "$@"\n')
    other.chmod(0o755)
    site.run({**facts(), "vars": {"python": str(other)}}, status=2)
    assert "requires Linux; this platform is freebsd14" in site.output


BOMB = (
    "netstat-capture/1:"
    + __import__("base64")
    .b64encode(__import__("zlib").compress(b'[["proc/net/tcp", %d]]\n' % (1 << 28) + bytes(1 << 28)))
    .decode()
)
LIES = {
    "no json": ("no JSON here, just {{ 7 * 7 }}", "could not capture"),
    "no snapshot": ({"changed": False}, "sent no snapshot"),
    "a number": ({"snapshot": 5}, "sent no snapshot"),
    "nonsense": ({"snapshot": "{{ lookup('pipe', 'id') }}"}, "does not begin with netstat-capture/1:"),
    "a bomb": ({"snapshot": BOMB}, "unpacks to more than a snapshot may hold"),
    "a failure": ({"failed": True, "msg": "\x1b[31mred\n" + "x" * 100_000}, r"\x1b[31mred"),
    "other facts": (
        {"snapshot": "netstat-capture/1:AAAA", "ansible_facts": {"ansible_connection": "evil", "netstat": 1}},
        "the snapshot is damaged",
    ),
}


def liar(site: Site, answer: Any) -> dict[str, Any]:
    """Return the variables of a task whose target answers what it likes."""
    said = answer if isinstance(answer, str) else json.dumps({"invocation": {}, **answer})
    folder = site.folder / f"liar-{os.getpid()}"
    folder.mkdir(exist_ok=True)
    (folder / "answer").write_text(said)
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec cat "{folder}/answer"\n')
    python.chmod(0o755)
    return {"python": str(python)}


@pytest.mark.parametrize("lie", LIES)
def test_a_target_that_lies(site: Site, lie: str) -> None:
    """Whatever a target answers, the task fails with one clear sentence, nothing is set, and nothing is printed raw."""
    answer, words = LIES[lie]
    found = site.run(
        {**facts(), "ignore_errors": True, "vars": liar(site, answer)},
        tell("[result.failed, result.msg, ansible_facts.netstat is defined, ansible_facts.connection is defined]"),
    )
    assert found[0] is True
    assert words in found[1]
    assert len(found[1]) < 2000
    assert found[2:] == [False, False]
    assert "\x1b" not in site.output
