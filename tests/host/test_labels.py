"""--host puts the name of the machine and the time of reading into every record of NDJSON."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pynetstat import show
from realnetstat import Outcome
from trees import Trees

from netstat_core.cli import main as entry
from netstat_core.host.discovery import Host
from netstat_core.plugin.schema import labelled_schema, published_schema

LABELS = {"host", "captured_at"}


def run(*arguments: str) -> Outcome:
    """Return what `pynetstat ARGUMENTS` prints and how it ends."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    status = entry.run(arguments, stdout, stderr)
    return Outcome(stdout.getvalue(), stderr.getvalue(), status)


def lines(output: bytes) -> list[dict[str, Any]]:
    """Return the objects of NDJSON."""
    return [json.loads(line) for line in output.splitlines()]


@pytest.fixture
def tree(trees: Trees) -> Path:
    """Give a copy of a machine with sockets."""
    return trees["captures/tcp-a-6.18"]


def test_every_record_is_labelled(tree: Path) -> None:
    """Each record, and the last line, has the name and the time; all else is as without the option."""
    plain, labelled = (
        lines(show(tree, "--ndjson", "--tables", "all", "-a", *more).stdout) for more in ((), ("--host", "web1"))
    )
    assert len(labelled) > 2
    assert {one["host"] for one in labelled} == {"web1"}
    assert {one["captured_at"] for one in labelled} == {plain[-1]["captured_at"]}
    assert [{name: one[name] for name in one if name not in LABELS} for one in labelled[:-1]] == plain[:-1]
    assert not [one for one in plain if "host" in one]


def test_live_records_have_the_time_of_reading() -> None:
    """On a running machine the time is that of the report, ISO 8601 in UTC."""
    made = lines(run("--ndjson", "-i", "--host", "fe80::1%eth0").stdout)
    assert made[0]["host"] == "fe80::1%eth0"
    assert made[0]["captured_at"] == made[-1]["captured_at"]
    assert made[0]["captured_at"].endswith("Z")


@pytest.mark.parametrize("options", [(), ("--host", "web1"), ("--where", "state == 'LISTEN'"), ("--resolve",)])
def test_the_last_line_counts_records(tree: Path, options: tuple[str, ...]) -> None:
    """The report has the number of records of each table that was asked for, also of the empty ones."""
    *records, last = lines(show(tree, "--ndjson", "-an", "--tables", "sockets,routes,memory", *options).stdout)
    table_of = {reader.kind: reader.table for reader in Host().kinds().values()}
    counted = Counter(table_of[one["kind"]] for one in records)
    assert last["tables"] == {name: counted[name] for name in ("sockets", "routes", "memory")}
    assert counted["sockets"]


@pytest.mark.parametrize("name", ["", " ", "a b", "a\nb", "a\tb", "\x1b[31m", "a\x7f", "\udcff", "a" * 254, "\u2028"])
def test_names_are_checked(name: str) -> None:
    """What is no name is refused in one line that shows nothing unprintable."""
    outcome = run("--ndjson", "-i", "--host", name)
    assert (outcome.stdout, outcome.returncode) == (b"", 3)
    assert outcome.stderr.startswith(b"pynetstat: --host ")
    assert outcome.stderr.count(b"\n") == 1
    assert outcome.stderr.strip().decode().isprintable()


@pytest.mark.parametrize(
    "name", ["web1", "web1.example.net", "192.0.2.1", "2001:db8::1", "user@host", "h\u00f6st", "a" * 253]
)
def test_inventory_names_are_names(name: str) -> None:
    """Whatever an inventory calls a machine is taken as it is."""
    assert {one["host"] for one in lines(run("--ndjson", "-i", "--host", name).stdout)} == {name}


@pytest.mark.parametrize("options", [(), ("--json",), ("--format", "facts"), ("--format", "facts-local")])
def test_other_output_is_refused(options: tuple[str, ...]) -> None:
    """Text, one document and facts say once what they are of: with them the option is an error."""
    outcome = run("-i", "--host", "web1", *options)
    assert (outcome.stdout, outcome.returncode) == (b"", 3)
    assert b"--host goes with --ndjson" in outcome.stderr


def test_no_name_beside_redaction() -> None:
    """A report without names takes none."""
    assert run("--ndjson", "-i", "--redact", "--host", "web1").returncode == 3


def test_every_schema_has_the_labels(tree: Path) -> None:
    """The labels are optional in the schema of every kind, and records with and without them are valid."""
    kinds = Host().kinds()
    for reader in kinds.values():
        schema = labelled_schema(reader)
        assert schema["properties"].keys() - published_schema(reader)["properties"].keys() == LABELS
        assert not LABELS & set(schema["required"])
    for options in ((), ("--host", "web1")):
        for record in lines(show(tree, "--ndjson", "-an", "--tables", "sockets,routes", *options).stdout)[:-1]:
            jsonschema.validate(record, labelled_schema(kinds[record["kind"]]))
    shown = json.loads(run("--schema", "inet.socket").stdout)
    assert set(shown["properties"]) >= LABELS
