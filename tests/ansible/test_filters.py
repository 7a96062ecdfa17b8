"""The collection's filters and its test, as templates use them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import plays
import pytest
from facts.made_facts import MACHINE, covering, machine

from netstat_core.facts.gather import gather
from netstat_core.facts.query import facts_query
from netstat_core.host.discovery import Host
from netstat_core.report.plan import plan
from netstat_core.system import capture
from netstat_core.system.archive import unpack_text
from netstat_core.system.snapshot import SnapshotSystem

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(plays.reason() is not None, reason=str(plays.reason()))

HOSTILE = "{{ lookup('pipe', 'touch %s') }}"
"""A name that would make a file if it were a template."""


def socket(**fields: Any) -> dict[str, Any]:
    """Return a socket record as far as it matters here."""
    made = {"kind": "inet.socket", "protocol": "tcp", "local_address": "10.0.0.1", "local_port": 22, "state": "LISTEN"}
    return {**made, "timer": {"kind": "off"}, "processes": [{"pid": 1, "name": "sshd"}], "v4_mapped": False, **fields}


SOCKETS = [
    socket(),
    socket(local_port=5432, state="ESTABLISHED", timer={"kind": "keepalive"}),
    socket(local_port=5432, local_address="192.0.2.1"),
    {"kind": "unix.socket", "path": "/run/x", "state": "LISTENING", "protocol": "unix"},
    {"kind": "unix.socket", "path": None, "state": None, "protocol": None, "local_port": "no field of this kind"},
]

WORKING = {
    "holds": "facts is netstat.core.listening_on('tcp/22', address='0.0.0.0', process='sshd')",
    "holds_by_number": "facts is netstat.core.listening_on(22)",
    "holds_not": "facts is netstat.core.listening_on('tcp/23')",
    "closed": "facts is netstat.core.closed_on('23/tcp')",
    "closed_not": "facts is netstat.core.closed_on('22/tcp')",
    "result_waits": "{'ansible_facts': {'netstat': facts}} is netstat.core.listening_on('tcp/22', wait=true)",
    "failed_waits": "failed is netstat.core.listening_on('tcp/22', wait=true)",
    "failed_waits_too": "failed is netstat.core.closed_on('tcp/22', wait=true)",
    "unowned_waits": "unowned is netstat.core.closed_on('tcp/22', process='telnetd', wait='yes')",
    "ports": "sockets | netstat.core.where('local_port == 5432') | map(attribute='local_address')",
    "ands": "sockets | netstat.core.where(\"protocol == 'tcp' && state != 'LISTEN'\") | length",
    "parts": "sockets | netstat.core.where(\"timer.kind == 'keepalive'\") | length",
    "pattern": "sockets | netstat.core.where(\"in_prefix(local_address, '10.0.0.0/8')\") | length",
    "null": "sockets | netstat.core.where('path == null') | length",
    "members": "sockets | netstat.core.where('local_port in [22, 80]') | length",
    "lazily": "sockets | selectattr('protocol') | netstat.core.where(\"state == 'LISTENING'\") | length",
    "many": "(sockets * 400) | netstat.core.where('local_port == 22') | length",
    "of_nothing": "[] | netstat.core.where('local_port == 22') | length",
    "kept_plain": "evil | netstat.core.where(\"path.contains('lookup')\") | map(attribute='path') | first",
    "same": "facts | netstat.core.drift(facts)",
    "same_result": "facts | netstat.core.drift({'ansible_facts': {'netstat': facts}, 'changed': false})",
    "added": "facts | netstat.core.drift(smaller, parts=['listening'])",
    "ignored": "(facts | netstat.core.drift(smaller, ignore=['listening/tcp/8*'])).same",
    "hostile": "hostile | netstat.core.drift(smaller, parts=['listening'])",
    "whole": "snapshot | netstat.core.parse",
    "of_result": "({'snapshot': snapshot, 'changed': false} | netstat.core.parse).schema",
    "some": "(snapshot | netstat.core.parse(tables=['default_route'], families=['inet'])) | list",
}
FAILING = {
    "not_covered": "facts is netstat.core.listening_on('sctp/23')",
    "owner_unseen": "unowned is netstat.core.closed_on('tcp/22', process='telnetd')",
    "failed_result": "failed is netstat.core.listening_on('tcp/22')",
    "undefined": "facts.nowhere is netstat.core.listening_on('tcp/22')",
    "no_port": "facts is netstat.core.listening_on('ssh')",
    "no_port_waits": "facts is netstat.core.listening_on('tcp/ssh', wait=true)",
    "no_wait": "facts is netstat.core.closed_on('tcp/23', wait='maybe')",
    "typo": "sockets | netstat.core.where('local_prt == 22')",
    "typo_in_nothing": "[] | netstat.core.where('local_prt == 22')",
    "syntax": "sockets | netstat.core.where('local_port ==')",
    "never": "sockets | netstat.core.where(\"state == 'LISTENIN'\")",
    "no_text": "sockets | netstat.core.where(22)",
    "no_list": "facts | netstat.core.where('local_port == 22')",
    "no_records": "[7] | netstat.core.where('local_port == 22')",
    "no_kind": "[{'kind': 'of.mars'}] | netstat.core.where('local_port == 22')",
    "less": "smaller | netstat.core.drift(facts)",
    "no_part": "facts | netstat.core.drift(smaller, parts=['listenin'])",
    "text": "facts | netstat.core.drift('{')",
    "bad_value": "snapshot | netstat.core.parse(sockets='most')",
    "bad_option": "snapshot | netstat.core.parse(tabels=[])",
    "bad_table": "snapshot | netstat.core.parse(tables=['rooms'])",
    "bad_where": "snapshot | netstat.core.parse(where='local_prt == 2')",
    "no_snapshot": "'rubbish' | netstat.core.parse",
    "no_snapshot_text": "7 | netstat.core.parse",
    "cut": "snapshot[:200] | netstat.core.parse",
    "failed_capture": "failed | netstat.core.parse",
}


@pytest.fixture(scope="module")
def snapshot() -> str:
    """Give a snapshot of this machine."""
    host = Host()
    return capture.pack(capture.run(plan(facts_query(host), host)))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, snapshot: str) -> dict[str, Any]:
    """Give what all expressions make of the same variables, in one run."""
    home = tmp_path_factory.mktemp("templates")
    name = HOSTILE % (home / "canary")
    smaller, hostile = covering(protocols=["tcp"]), machine()
    del smaller["listening"]["tcp/8080"]
    hostile["listening"]["tcp/81"] = {"addresses": ["::"], "processes": [name], "uids": [0], "owner_seen": True}
    variables = {
        "facts": MACHINE,
        "smaller": smaller,
        "unowned": covering(owners="some"),
        "failed": {"failed": True, "msg": "no Python"},
        "sockets": SOCKETS,
        "snapshot": snapshot,
    }
    # what an author writes into variables is a template, what comes from a file or a target is not
    for key, value in {"evil": [{"kind": "unix.socket", "path": name}], "hostile": hostile}.items():
        (home / key).write_text(json.dumps(value))
        variables[key] = "{{ lookup('ansible.builtin.file', '%s') | from_json }}" % (home / key)
    results = plays.evaluate(home, WORKING, FAILING, variables)
    return {**results, "canary": (home / "canary").exists(), "name": name}


def test_listening_on_answers_yes_and_no(found: dict[str, Any]) -> None:
    """In a template the test is a plain yes or no."""
    names = ("holds", "holds_by_number", "closed", "result_waits")
    assert [str(found[name]) for name in names] == ["True"] * 4
    assert [str(found[name]) for name in ("holds_not", "closed_not")] == ["False"] * 2


def test_with_wait_what_is_not_known_is_false_for_both_claims(found: dict[str, Any]) -> None:
    """So that `until` tries again, whether something should listen or nothing."""
    assert [str(found[name]) for name in ("failed_waits", "failed_waits_too", "unowned_waits")] == ["False"] * 3


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("not_covered", "whether anything listens on sctp/23 could not be seen: the facts cover raw, tcp, udp, unix"),
        ("owner_unseen", "whether telnetd holds tcp/22 could not be seen: not all processes could be looked into"),
        ("failed_result", "facts: this is the result of a task that failed: 'no Python'"),
        ("undefined", "ndefined|no attribute"),
        ("no_port", "a port is a number from 1 to 65535"),
        ("no_port_waits", "a port is a number from 1 to 65535"),
        ("no_wait", "wait must be true or false, not 'maybe'"),
        ("typo", "where: unknown field local_prt; did you mean local_port"),
        ("typo_in_nothing", "where: unknown field local_prt; did you mean local_port"),
        ("syntax", "where: the expression ends too early"),
        ("never", r"state is never 'LISTENIN' \(did you mean LISTENING\?\); it is one of"),
        ("no_text", "an expression must be a string, not '22'"),
        ("no_list", "where takes only a list of records"),
        ("no_records", "where takes records, which are dicts, not '7'"),
        ("no_kind", "no installed plugin reads records of kind of.mars"),
        ("less", "the facts do not cover listening of raw, udp, as the baseline does"),
        ("no_part", "drift cannot compare 'listenin'"),
        ("text", "baseline: netstat facts expected, not a value of type .*from_json"),
        ("bad_value", "value of sockets must be one of: (all, listening|listening, all), got: most"),
        ("bad_option", "parse has no option tabels"),
        ("bad_table", "unknown table 'rooms'; known: .*interfaces"),
        ("bad_where", "unknown field local_prt"),
        ("no_snapshot", "the snapshot does not begin with netstat-capture/1:"),
        ("no_snapshot_text", "sent no snapshot"),
        ("cut", "cannot build facts from the snapshot"),
        ("failed_capture", "could not capture its network state: no Python"),
    ],
)
def test_what_cannot_be_answered_is_one_clear_error(found: dict[str, Any], name: str, says: str) -> None:
    """An error says what is wrong, and shows no traceback."""
    assert re.search(says, found[name])
    assert "Traceback" not in found[name]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ports", ["10.0.0.1", "192.0.2.1"]),
        ("ands", 1),
        ("parts", 1),
        ("pattern", 2),
        ("null", 1),
        ("members", 1),
        ("lazily", 1),
        ("many", 400),
        ("of_nothing", 0),
    ],
)
def test_where_chooses_records(found: dict[str, Any], name: str, expected: Any) -> None:
    """The expressions of the command line hold in templates, whatever types Ansible gives to values."""
    assert str(found[name]) == str(expected)


def test_drift_is_data(found: dict[str, Any]) -> None:
    """Differences come as mappings, and what could not be compared as sentences."""
    nothing = {"same": True, "added": {}, "removed": {}, "changed": {}, "not_compared": []}
    assert found["same"] == found["same_result"] == nothing
    entry = {"addresses": ["::"], "processes": ["java"], "uids": [33], "v6_only": True}
    assert found["added"]["added"] == {"listening": {"tcp/8080": entry}}
    assert found["added"]["not_compared"] == ["listening of raw, udp: the baseline does not cover this"]
    assert str(found["ignored"]) == "True"


def test_parse_gives_the_facts_of_a_snapshot(found: dict[str, Any], snapshot: str) -> None:
    """The filter and the Python function behind it agree, and options choose what is in the facts."""
    host = Host()
    expected = gather(facts_query(host), SnapshotSystem(unpack_text(snapshot)), host).facts
    assert found["whole"] == json.loads(json.dumps(expected))
    assert found["of_result"] == "urn:netstat:facts:1"
    assert "default_route" in found["some"]
    assert "listening" not in found["some"]


def test_names_are_never_templates(found: dict[str, Any]) -> None:
    """What filters give back is shown as it is, and runs nothing."""
    assert found["kept_plain"] == found["name"]
    assert found["hostile"]["added"]["listening"]["tcp/81"]["processes"] == [found["name"]]
    assert not found["canary"]


def test_without_the_package_an_error_says_how_to_install_it(tmp_path: Path) -> None:
    """On a controller that has the collection alone, each plugin names what is missing."""
    (tmp_path / "netstat_core").mkdir()
    (tmp_path / "netstat_core" / "__init__.py").write_text("raise ImportError('not here')")
    (tmp_path / "t.yml").write_text(
        json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [
            {"ansible.builtin.debug": {"msg": "{{ " + one + " }}"}, "ignore_errors": True}
            for one in (
                "{} is netstat.core.listening_on(1)",
                "{} is netstat.core.closed_on(1, wait=true)",
                "{} | netstat.core.drift({})",
                "[] | netstat.core.where('a')",
                "'' | netstat.core.parse",
            )
        ]}])
    )  # fmt: skip
    done = plays.play(tmp_path / "t.yml", tmp_path, environment={"PYTHONPATH": str(tmp_path)})
    errors = [line for line in done.stdout.splitlines() if line.startswith("fatal")]
    assert len(errors) == 5, done.stdout
    for error in errors:
        assert "netstat-core cannot be imported on the controller (not here)" in error
        assert "pip install 'netstat-core[ansible]'" in error
    assert "Traceback" not in done.stdout + done.stderr
