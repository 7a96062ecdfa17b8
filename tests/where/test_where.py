"""What filters mean: prefixes, any of several processes, what is unknown, and errors for what cannot mean anything."""

from __future__ import annotations

import io
import json
import re
import shlex
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pynetstat import show
from trees import Trees

from netstat_core.cli.main import run
from netstat_core.collection import where as select
from netstat_core.errors import UsageError
from netstat_core.facts.gather import gather
from netstat_core.facts.query import facts_query
from netstat_core.host.discovery import Host
from netstat_core.plugin.schema import published_schema
from netstat_core.query import EXTRA_FIELDS
from netstat_core.where import Where

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = {kind: published_schema(reader) for kind, reader in Host().kinds().items()}
SOCKETS = {kind: SCHEMAS[kind] for kind in ("inet.socket", "unix.socket")}


def keeps(expression: str, kind: str = "inet.socket", **record: Any) -> bool:
    """Return whether an expression holds for a record of a kind that has these fields only."""
    return Where(expression, {kind: SCHEMAS[kind]}).rule(kind)(record)


def command(*arguments: str) -> tuple[str, str, int]:
    """Return what pynetstat writes to both streams, and its status."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    status = run(list(arguments), stdout, stderr)
    return stdout.getvalue().decode(), stderr.getvalue().decode(), status


@pytest.mark.parametrize(
    ("prefixes", "inside", "outside"),
    [
        ("'10.0.0.0/8'", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"], ["0.0.0.0", "11.0.0.0", "110.0.0.1", "::"]),
        ("'10.1.2.3'", ["10.1.2.3"], ["10.1.2.30", "10.1.2.4"]),
        ("'0.0.0.0/0'", ["1.2.3.4", "::ffff:1.2.3.4"], ["::1", "fe80::1"]),
        ("'::/0'", ["::1", "::ffff:1.2.3.4"], ["1.2.3.4"]),
        ("'fe80::/10', '192.0.2.0/24'", ["fe80::1", "fe80::1%eth0", "192.0.2.9"], ["fec0::1", "192.0.3.0"]),
        ("'::ffff:0:0/96'", ["::ffff:1.2.3.4"], ["1.2.3.4", "::fffe:1.2.3.4"]),
    ],
)
def test_prefixes(prefixes: str, inside: list[str], outside: list[str]) -> None:
    """An address is in a prefix or it is not; IPv4 mapped into IPv6 is in the prefixes of both."""
    for address in (*inside, *outside):
        expression = f"in_prefix(remote_address, {prefixes})"
        assert keeps(expression, remote_address=address) == (address in inside)
        assert keeps(f"!{expression}", remote_address=address) == (address in outside)


def test_prefixes_of_what_is_no_address() -> None:
    """Null and text that is no address are neither inside nor outside; a prefix is inside if all of it is."""
    for address in (None, "", "*", "AB-1"):
        for sign in ("", "!"):
            assert not keeps(f"{sign}in_prefix(remote_address, '0.0.0.0/0')", remote_address=address)
    assert keeps("in_prefix(source, '2001:db8::/32')", "route", source="2001:db8:1::/48")
    assert not keeps("in_prefix(source, '2001:db8::/32')", "route", source="2001::/16")
    assert keeps("local_addresses.exists(a, in_prefix(a, '10.0.0.0/8'))", local_addresses=["1.1.1.1", "10.1.1.1"])


NGINX = {"pid": 1, "name": "nginx", "uid": 0, "command": ["nginx"]}
OTHER = {"pid": 2, "name": None, "uid": None, "command": None}


@pytest.mark.parametrize(
    ("expression", "processes", "expected"),
    [
        ("processes.exists(p, p.name == 'nginx')", [OTHER, NGINX], True),
        ("processes.exists(p, p.name == 'nginx')", [OTHER], False),
        ("processes.exists(p, p.name == 'nginx')", None, False),
        ("!processes.exists(p, p.name == 'nginx')", None, False),
        ("!processes.exists(p, p.name == 'nginx')", [], True),
        ("processes.exists(p, p.uid < 5)", [OTHER, NGINX], True),
        ("processes.exists(p, p.uid < 5)", [NGINX, OTHER], True),
        ("processes.all(p, p.uid < 5)", [NGINX, OTHER], False),
        ("!processes.all(p, p.uid < 5)", [NGINX, OTHER], False),
        ("!processes.all(p, p.uid > 5)", [OTHER, NGINX], True),
        ("processes.exists_one(p, p.name == 'nginx')", [NGINX, OTHER], True),
        ("processes.exists_one(p, p.uid == 0)", [NGINX, NGINX], False),
        ("processes.exists(p, p.unit == 'a.service')", [NGINX], False),
        ("!processes.exists(p, p.unit == 'a.service')", [NGINX], False),
        ("processes.exists(p, has(p.unit))", [NGINX], False),
        ("size(processes.filter(p, p.uid == 0)) == 1", [NGINX], True),
        ("size(processes.filter(p, p.uid > 0)) == 0", [NGINX, OTHER], False),
        ("'nginx' in processes.map(p, p.name)", [OTHER, NGINX], True),
        ("processes.exists(p, p.command.exists(c, c.startsWith('ng')))", [OTHER, NGINX], True),
        ("processes == []", [], True),
        ("processes == null", None, True),
        ("processes[0].name == 'nginx'", [NGINX], True),
        ("processes[1].name == 'nginx'", [NGINX], False),
        ("processes[1].name != 'nginx'", [NGINX], False),
        ("processes[-1].name == 'nginx'", [NGINX], False),
        ("size(processes) > 0", None, False),
        ("!(size(processes) > 0)", None, False),
    ],
)
def test_any_process(expression: str, processes: Any, expected: bool) -> None:  # noqa: FBT001
    """Lists are searched by macros, and what is not known of an item or the list does not decide."""
    assert keeps(expression, processes=processes) == expected


@pytest.mark.parametrize(
    ("expression", "record", "expected"),
    [
        ("local_port < 1024", {"local_port": None}, False),
        ("!(local_port < 1024)", {"local_port": None}, False),
        ("local_port < 1024 || state == 'LISTEN'", {"local_port": None, "state": "LISTEN"}, True),
        ("!(local_port < 1024 && state == 'CLOSE')", {"local_port": None, "state": "LISTEN"}, True),
        ("state != 'LISTEN'", {"state": None}, True),
        ("state != 'LISTEN'", {}, False),
        ("timer.kind != 'off'", {"timer": None}, False),
        ("timer == null", {"timer": None}, True),
        ("has(timer.kind)", {"timer": None}, False),
        ("!has(timer.kind)", {"timer": None}, True),
        ("recv_queue / send_queue > 1", {"recv_queue": 4, "send_queue": 0}, False),
        ("recv_queue / send_queue == 1", {"recv_queue": 5, "send_queue": 3}, True),
        ("(0 - recv_queue) / 3 == -1 && (0 - recv_queue) % 3 == -2", {"recv_queue": 5}, True),
        ("timer.expires_seconds > 5", {"timer": {"expires_seconds": 5.5}}, True),
        ("local_port < 1024.5 && local_port == 22.0", {"local_port": 22}, True),
        ("local_port == 0x16 || false", {"local_port": 22}, True),
        ('protocol == "t\\x63p" // the usual one', {"protocol": "tcp"}, True),
        ("protocol == r'''tcp''' && (state) in ['LISTEN',]", {"protocol": "tcp", "state": "LISTEN"}, True),
        ("listening == (state == 'LISTEN')", {"listening": True, "state": "LISTEN"}, True),
        ("(protocol + protocol) == 'a'", None, "protocol is text and not a number"),
        ("network_namespace.name == 'red'", {"network_namespace": {"inode": 5, "name": "red"}}, True),
    ],
)
def test_what_is_unknown(expression: str, record: Any, expected: Any) -> None:
    """Only what is certain matches, numbers are compared by value, and literals are those of CEL."""
    if isinstance(expected, str):
        with pytest.raises(UsageError, match=expected):
            keeps(expression)
    else:
        assert keeps(expression, **record) == expected


def test_kinds_decide_each_for_themselves() -> None:
    """A field that a kind lacks is unknown in its records, and what no kind can be asked is an error."""
    where = Where("local_port == 22 || path == '/x' || !(ref_count < 9)", SOCKETS)
    assert where.rule("inet.socket")({"local_port": 22})
    assert not where.rule("inet.socket")({"local_port": 23})
    assert where.rule("unix.socket")({"path": "/x", "ref_count": 2})
    assert not Where("local_port != 22", SOCKETS).rule("unix.socket")({"path": "/x"})
    assert Where("state in ['LISTEN', 'LISTENING']", SOCKETS).rule("unix.socket")({"state": "LISTENING"})
    with pytest.raises(UsageError, match="no kind of record has all of local_port, path"):
        Where("local_port == 22 && path == '/x'", SOCKETS)
    with pytest.raises(UsageError, match=r"LISTEN, .*LISTENING"):
        Where("state == 'LISTN'", SOCKETS)


def table(title: str) -> list[tuple[str, ...]]:
    """Return the rows of a table of docs/filters.md, by the heading of its second column, without quotes of code."""
    page = (ROOT / "docs/filters.md").read_text("utf-8")
    rows = page.partition(f"| written | {title} |\n| --- | --- |\n")[2].partition("\n\n")[0].splitlines()
    return [tuple(cell.strip() for cell in row.strip("|").split(" | ")) for row in rows]


EXPRESSION = re.compile(r"`([^`]+)`")


def test_the_language_is_as_documented() -> None:
    """Each expression in the table of the language is one, for some kind of record."""
    written = [expression for row in table("meaning") for expression in EXPRESSION.findall(row[0])]
    assert len(written) > 20
    for expression in written:
        Where(expression.replace("\\|", "|"), SCHEMAS)


@pytest.mark.parametrize(("written", "message"), table("message"))
def test_errors_are_as_documented(written: str, message: str) -> None:
    """Each wrong expression in the documentation has the message that stands there."""
    with pytest.raises(UsageError) as raised:
        Where(written.strip("`"), {**SOCKETS, "route": SCHEMAS["route"]})
    assert message.removesuffix("...") in str(raised.value)


def test_hints_can_be_used() -> None:
    """The expression that an error suggests is one."""
    hints = [str(message).partition("; write ")[2] for _, message in table("message")]
    hints = [hint for hint in hints if hint and "..." not in hint and "without" not in hint]
    assert len(hints) > 2
    for hint in hints:
        Where(hint, SOCKETS)


def examples() -> list[tuple[str, ...]]:
    """Return the command lines with a filter that documentation shows."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    lines = [line for page in pages for line in page.read_text("utf-8").splitlines()]
    return [tuple(shlex.split(line[2:])[1:]) for line in lines if line.startswith("$ pynetstat ") and "--where" in line]


@pytest.mark.parametrize("arguments", examples(), ids=" ".join)
def test_examples_run(arguments: tuple[str, ...]) -> None:
    """Each example of the documentation is accepted, and reports no broken plugin."""
    arguments = tuple("lo" if word == "eth1" else word for word in arguments)
    _, said, status = command(*arguments)
    assert status in (0, 1)
    assert "--where" not in said
    assert "plugin" not in said


def test_there_are_examples() -> None:
    """The documentation shows filters."""
    assert len(examples()) > 8


HEAVY = {
    "terms": "||".join(f"local_port == {number}" for number in range(3000)),
    "members": f"local_port in {list(range(8000))}",
    "nested": "(" * 1000 + "listening" + ")" * 1000,
    "negated": "!" * 1000 + "listening",
    "megabyte": "listening || " * 80_000 + "listening",
    "sum": "+".join(["uid"] * 3000) + " > 1",
    "doubling": "(uid == 0)" + " == (uid == 1)" * 25,
    "filters": "processes" + ".filter(p, p.uid == 0)" * 1000 + ".size() > 0",
    "macros": "processes.exists(a, processes.exists(b, processes.exists(c, a.pid + b.pid == c.pid)))",
    "lists": "[" * 5000,
    "number": "uid == " + "9" * 50_000,
    "float": "uid == 1e999999",
    "pattern": "path.matches('" + "(" * 20_000 + "')",
    "large_pattern": "path.matches('(a{1000}){1000}')",
    "quotes": "path == '" + "\\" * 60_001 + "'",
    "unclosed": "'" * 60_001,
}


@pytest.mark.parametrize("name", HEAVY)
def test_heavy_expressions_are_quick(name: str) -> None:
    """What is long or deep is compiled or refused in one short line, within seconds."""
    start = time.process_time()
    try:
        Where(HEAVY[name], SOCKETS, whole=True).rule("inet.socket")
    except UsageError as error:
        assert len(str(error)) < 300  # noqa: PT017 - either outcome is right
        assert str(error).isprintable()  # noqa: PT017
    assert time.process_time() - start < 10


def test_regular_expressions_are_linear() -> None:
    """No text that another user chose makes a regular expression slow."""
    rule = Where("path.matches('(a+)+b') || path.matches('(a|a)*c$')", SOCKETS).rule("unix.socket")
    start = time.process_time()
    assert not rule({"path": "a" * 100_000})
    assert time.process_time() - start < 2
    assert rule({"path": "xxaab"})


def test_missing_library_costs_matches_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without jsonschema-rs an expression with matches is refused in one line, and others work."""
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    assert keeps("path.startsWith('/')", "unix.socket", path="/x")
    with pytest.raises(UsageError, match="matches needs the package jsonschema-rs, which is not installed"):
        Where("path.matches('x')", SOCKETS)


def test_fields_that_are_not_read_are_an_error() -> None:
    """Details of processes in an expression need to be asked for; with them they are found."""
    expression = "processes.exists(p, p.executable.contains('python'))"
    for arguments in (["-tlnp"], ["--json", "-tln"], ["--format", "facts", "-tln"]):
        shown, said, status = command(*arguments, "--where", expression)
        assert (shown, said.count("\n"), status) == ("", 1, 3)
        assert "processes.executable is read only with who" in said
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        shown, _, status = command("--json", "-tln", "--who", "--where", f"{expression} && local_port == {port}")
    assert [record["local_port"] for record in json.loads(shown)["tables"]["sockets"]] == [port]


def test_owners_are_found_for_a_filter() -> None:
    """A filter by a process finds the sockets of this process and no others, in text, JSON and facts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        name = Path("/proc/self/comm").read_text("utf-8").strip()
        mine = f"processes.exists(p, p.name == {name!r}) && local_port in [{port}]"
        for expression, expected in ((mine, [port]), (f"!({mine}) && local_port == {port}", [])):
            shown = command("--json", "-tln", "--where", expression)[0]
            assert [record["local_port"] for record in json.loads(shown)["tables"]["sockets"]] == expected
            facts = gather(facts_query(Host(), tables=["sockets"], where=expression)).facts
            assert list(facts["listening"]) == [f"tcp/{number}" for number in expected]


def test_records_without_kind() -> None:
    """Records from facts, of which some have no kind, are filtered by the fields they have."""
    facts = gather(facts_query(Host(), tables=["interfaces", "routes", "groups", "sockets"])).facts
    assert [one["name"] for one in select("mtu > 1000 && name == 'lo'", list(facts["interfaces"].values()))] == ["lo"]
    assert select("in_prefix(destination, '::/0', '0.0.0.0/0')", facts["routes"]) == facts["routes"]
    members = [one for found in facts["groups"].values() for one in found]
    assert select("in_prefix(group, '224.0.0.0/4', 'ff00::/8')", members) == members
    pairs = [{"key": key, "value": value} for key, value in facts["listening"].items()]
    assert select("key.startsWith('tcp/') && size(value.addresses) > 0", pairs) == [
        pair for pair in pairs if pair["key"].startswith("tcp/")
    ]
    with pytest.raises(UsageError, match="unknown field ky; did you mean key"):
        select("ky == 'tcp/22'", [{"key": 1}])


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_kind_can_be_selected(kind: str) -> None:
    """A record of any kind is selected by its fields, with its kind and without, also from several hosts."""
    record = dict.fromkeys(SCHEMAS[kind]["properties"])
    field = next(iter(set(record) - {"kind", "family"}))
    for given in ({**record, "kind": kind}, {name: None for name in record if name != "kind"}):
        assert select(f"{field} == null", [given, {**given, "host": "web1"}]) == [given, {**given, "host": "web1"}]
        assert select(f"{field} != null", [given]) == []


def test_filters_are_loaded_for_those_who_filter() -> None:
    """Without --where nothing of it is imported; with it neither the library for regular expressions nor another."""
    script = (
        "import io, sys; from netstat_core.cli.main import run; run(sys.argv[1:], io.BytesIO(), io.BytesIO());"
        "print([name for name in sys.modules if name.startswith('netstat_core.where')])"
    )
    for arguments, expected in ((["-tan"], "[]\n"), (["-tan", "--where", "listening"], "['netstat_core.where")):
        ran = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
        assert ran.stdout.startswith(expected)


@pytest.fixture(scope="module")
def counts(trees: Trees) -> dict[str, int]:
    """Return how many records of each kind a snapshot has."""
    return count(trees, "true")


def count(trees: Trees, expression: str) -> dict[str, int]:
    """Return how many records of each kind a snapshot has for which an expression holds."""
    shown = show(trees["captures/misc-a-6.1"], "--json", "--tables", "all", "--where", expression).stdout
    tables = json.loads(shown)["tables"].values()
    return dict(Counter(record["kind"] for records in tables for record in records))


def every_field(kind: str) -> str:
    """Return an expression that holds for a record with all fields of a kind but those that are read on request."""
    names = [name for name in SCHEMAS[kind]["properties"] if name not in EXTRA_FIELDS]
    return " && ".join(f"({name} == null || {name} != null)" for name in names)


@pytest.mark.parametrize("kind", sorted(SCHEMAS.keys() - {"route.cache", "statistics.change", "setting", "dhcp.lease"}))
def test_every_field_of_a_report_is_there(kind: str, trees: Trees, counts: dict[str, int]) -> None:
    """A filter finds every field of every record of a kind."""
    assert count(trees, every_field(kind)).get(kind) == counts.get(kind)


@pytest.mark.parametrize(("kind", "tree"), [("inet.socket", "tcp-a-6.18"), ("unix.socket", "unix-a-6.1")])
def test_every_field_is_there_for_facts(kind: str, tree: str, trees: Trees) -> None:
    """Facts need few fields of sockets, and their filter finds all."""
    facts = show(trees[f"captures/{tree}"], "--format", "facts-local", "-an", "--where", every_field(kind))
    found = json.loads(facts.stdout)
    assert (facts.returncode, facts.stderr) == (0, b"")
    assert found["totals"]
