"""Targets for whole snapshots: each display as text, and each format, by the command as a user starts it."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import tempfile
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from mutations import mutate_tree
from system_targets import small_trees, validity
from targets import Fault, Target

from netstat_core.cli import main as entry
from netstat_core.dialects.net_tools.options import DISPLAYS, LOOK, OPTIONS
from netstat_core.facts.schema import FACTS_SCHEMA, FactsOfNamespaces
from netstat_core.host.checker import _compile
from netstat_core.host.discovery import Host
from netstat_core.plugin.schema import allow_additional_fields, named_schema
from netstat_core.system import capture

Arguments = tuple[str, ...]
STATUSES = Path(__file__).resolve().parents[2] / "docs/command-line.md"
_UNUSED = {"context", "route_table", "symbolic", "cache", "fib", "arguments", "who", "verbose"}
"""Details that a target of their own shows, or that need an argument or SELinux."""


def display_targets() -> Iterator[Target]:
    """Yield a target for each display and format."""
    for arguments in command_lines():
        yield Target(f"pynetstat {' '.join(arguments)}", "displays", _run(arguments), small_trees, mutate_tree)


def command_lines() -> Iterator[Arguments]:
    """Yield the arguments of each display with numbers, then with names and all details, and those of each format."""
    details = [option.long[0] for option in OPTIONS if option.group == LOOK and option.key not in _UNUSED]
    looks = [f"--{name}" for name in details if not name.startswith("numeric")]
    displays = [option.long[0] for option in OPTIONS if option.group == DISPLAYS and option.key != "tables"]
    for shown in (("-a",), ("-l", "-v"), *((f"--{name}",) for name in displays), ("-rC",), ("--tables", "all")):
        yield (*shown, "-n")
        yield (*shown, *looks)
    yield ("-an", "--who", "--arguments", "-p", "--all-netns")
    yield ("-an", "--where", "protocol == 'tcp' || processes == null")
    for offer in Host().formats():
        records = ("--tables", "all") if offer.sink.asks is None else ()
        yield ("--format", offer.sink.name, *records)
        if records:
            yield ("--format", offer.sink.name, *records, "--redact", "--who")
            yield ("--format", offer.sink.name, *records, "--all-netns")


def _run(arguments: Arguments) -> Callable[[bytes], None]:
    name = arguments[1] if arguments[0] == "--format" else "text"
    check = _CHECKS.get(name, _check_text)

    def run(data: bytes) -> None:
        with tempfile.NamedTemporaryFile(dir=_memory()) as snapshot:
            snapshot.write(capture.MARK.encode() + base64.b64encode(zlib.compress(data, 1)))
            snapshot.flush()
            stdout, stderr = io.BytesIO(), io.BytesIO()
            status = entry.run(["--from", snapshot.name, *arguments], stdout, stderr)
        said = stderr.getvalue().decode("utf-8")
        if status not in _statuses() or "Traceback" in said:
            raise Fault(f"exit status {status}: {said[-500:]}")
        if "broken plugin" in said or status == 4:
            raise Fault(said)
        _check_text(said)
        if stdout.getvalue():
            check(stdout.getvalue().decode("utf-8"))

    return run


def _memory() -> str | None:
    return next(filter(os.path.isdir, ("/dev/shm",)), None)


@cache
def _statuses() -> frozenset[int]:
    """Return the documented exit statuses."""
    rows = STATUSES.read_text("utf-8").partition("## Exit statuses")[2].partition("\n## ")[0]
    return frozenset(map(int, re.findall(r"^\| ([0-9]+) \|", rows, re.MULTILINE)))


def _check_text(text: str) -> None:
    for line in text.split("\n"):
        if not line.isprintable() and (wrong := [one for one in line if not one.isprintable() and one != "\t"]):
            raise Fault(f"{wrong[0]!a} reaches a terminal: {line[:200]!a}")


def _check_controls(text: str) -> None:
    if wrong := [one for one in set(text) if unicodedata.category(one) == "Cc" and one != "\n"]:
        raise Fault(f"{wrong[0]!a} reaches a terminal")


def _check_json(text: str) -> None:
    _check_controls(text)
    report = json.loads(text)
    if not {"tables", "completeness", "problems"} <= report.keys():
        raise Fault("not a whole report")
    if any(gap["reason"] == "broken_plugin" for gap in report["completeness"]):
        raise Fault(f"a plugin broke: {report['completeness']}"[:2000])
    _check_records(record for records in report["tables"].values() for record in records)


def _check_lines(text: str) -> None:
    _check_controls(text)
    lines = [json.loads(line) for line in text.splitlines()]
    if any(line.get("reason") == "broken_plugin" for line in lines):
        raise Fault("a plugin broke")
    _check_records(line for line in lines if line["kind"] in Host().kinds())


def _check_records(records: Iterator[dict[str, Any]]) -> None:
    by_kind: dict[str, list[Any]] = {}
    for record in records:
        by_kind.setdefault(record["kind"], []).append(record)
    for kind, same in by_kind.items():
        if not validity(kind)(same):
            raise Fault(f"an invalid record of kind {kind}")


def _check_facts(text: str) -> None:
    _check_controls(text)
    facts = json.loads(text)
    facts = facts.get("ansible_facts", facts)
    if not _facts()(facts.get("netstat", facts)):
        raise Fault("facts do not match their schema")


@cache
def _facts() -> Callable[[Any], bool]:
    return _compile(allow_additional_fields(named_schema(FACTS_SCHEMA, FactsOfNamespaces)))


_CHECKS = {"json": _check_json, "ndjson": _check_lines, "facts": _check_facts, "facts-local": _check_facts}
