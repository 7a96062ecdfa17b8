"""Facts without owners: no descriptor is looked at, and nothing is claimed about processes."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from made_facts import covering, machine

from netstat_core import Query, UsageError
from netstat_core.answers.diff import drift
from netstat_core.answers.listening import NotSeen, closed_on, listening_on
from netstat_core.facts.gather import gather, plan_facts
from netstat_core.facts.query import facts_query, preset_query
from netstat_core.facts.schema import FACTS_SCHEMA, FactsOfNamespaces
from netstat_core.host.discovery import Host
from netstat_core.plugin.schema import named_schema
from netstat_core.query import PRESETS
from netstat_core.report.plan import plan
from netstat_core.system import capture
from netstat_core.system.snapshot import SnapshotSystem
from netstat_core.system.stores import MemoryStore

HOST = Host()
CHECKER = jsonschema.Draft202012Validator(named_schema(FACTS_SCHEMA, FactsOfNamespaces))
HOLDERS = ("processes", "pids", "owner_seen")


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give a port on which this process listens, on a machine whose processes may not be looked at."""

    def refuse(*_arguments: Any, **_options: Any) -> Any:
        raise AssertionError("processes were looked at")

    for name in ("scan_owners", "list_pids", "read_real_uid"):
        monkeypatch.setattr(capture, name, refuse)
    with socket.create_server(("127.0.0.1", 0)) as opened:
        yield f"tcp/{opened.getsockname()[1]}"


def read(query: Query, source: str) -> dict[str, Any]:
    """Return facts of this machine, or of a capture of it that was planned for them."""
    if source == "live":
        return gather(query, host=HOST).facts
    taken = capture.run(plan_facts(query, HOST))
    return gather(query, SnapshotSystem(MemoryStore({f"/{path}": taken[path] for path in taken})), HOST).facts


@pytest.mark.parametrize("source", ["live", "capture"])
def test_no_process_is_looked_at(listener: str, source: str) -> None:
    """Neither this machine nor one that is sent a plan reads anything of processes, and facts say that nobody did."""
    found = read(facts_query(HOST, owners=False, tables=["sockets"]), source)
    assert [error.message for error in CHECKER.iter_errors(found)] == []
    assert found["covers"]["owners"] == "none"
    assert {"tcp", "unix"} <= {*found["covers"]["protocols"]}
    assert not [reason for reason in found["incomplete_because"] if reason["about"] == "owners"]
    entries = [*found["listening"].values(), *found["unix_listening"].values()]
    entries += [one for entry in entries for one in entry.get("sockets", ())]
    assert {entry.get(key) for entry in entries for key in HOLDERS} == {None}
    assert listening_on(found, listener)
    for claim in (listening_on, closed_on):
        with pytest.raises(NotSeen, match=r"processes were not searched for; gather with owners$"):
            claim(found, listener, process="python3")


def test_records_have_no_owners_either(listener: str) -> None:
    """The records of all sockets have null for their processes, which is not an empty list."""
    gathered = gather(facts_query(HOST, sockets="all", owners=False, protocols=["tcp"]), host=HOST, keep_sockets=True)
    assert listener in gathered.facts["listening"]
    assert {id(record["processes"]) for record in gathered.sockets} == {id(None)}


def test_plans_ask_for_no_process() -> None:
    """The plans for facts and for every preset ask for no owners and no files of processes."""
    queries = [facts_query(HOST, owners=False), facts_query(HOST, owners=False, sockets="all")]
    plans = [plan_facts(query, HOST) for query in queries]
    plans += [plan(preset_query(HOST, name, owners=False), HOST) for name in PRESETS]
    for planned in plans:
        assert (planned["owners"], planned["descriptors"], planned["processes"]) == (None, False, [])
        assert not planned["arguments"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"who": True}, "owners: who and arguments"),
        ({"arguments": True}, "owners: who and arguments"),
        ({"where": "processes.exists(p, p.name == 'sshd')"}, "where: .* without owners"),
        ({"where": "state == 'LISTEN' && processes.exists(p, p.name == 'sshd')"}, "where: .* without owners"),
    ],
)
def test_what_needs_owners_is_refused_without_them(options: dict[str, Any], words: str) -> None:
    """Options that describe processes, and filters on them, are an error instead of an answer from nothing."""
    with pytest.raises(UsageError, match=words):
        facts_query(HOST, owners=False, **options)


def without_owners() -> dict[str, Any]:
    """Return facts of the imagined machine, gathered without owners."""
    facts = covering(owners="none")
    for entry in (*facts["listening"].values(), *facts["unix_listening"].values()):
        entry.update(dict.fromkeys(HOLDERS))
    return facts


def test_drift_does_not_take_them_for_gone() -> None:
    """Against a baseline with processes there is no answer; a baseline without compares everything else."""
    with pytest.raises(NotSeen, match=r"do not show which processes hold .*: processes were not searched for"):
        drift(without_owners(), machine())
    for facts in (machine(), without_owners()):
        found = drift(facts, without_owners())
        assert found["same"]
        assert "processes of listening: the baseline does not show them" in found["not_compared"]
