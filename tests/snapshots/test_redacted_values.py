"""No value that identifies a machine passes a redacted report, wherever it stands."""

from __future__ import annotations

import io
import json
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netstat_core.cli import main as entry
from netstat_core.host.discovery import Host
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.outcomes import Attempt, Gap, Problem
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.schema import MARK, WORD, published_schema
from netstat_core.plugin.sinks import Head, Rendering, Tail
from netstat_core.query import Query
from netstat_core.report.ledger import gap_entry, problem_entry
from netstat_core.report.names import Names
from netstat_core.sinks.json import JsonRendering, NdjsonRendering
from netstat_core.sinks.redacted import REMOVED, RedactedRendering

Schema = dict[str, Any]


def list_readers() -> list[Reader]:
    """Return one reader of each kind, changes included."""
    offered = [offer.reader for offer in Host().offers()]
    changes = [reader.change.reader for reader in offered if reader.change]
    return [*{reader.kind: reader for reader in [*offered, *changes]}.values()]


READERS = list_readers()


def list_texts(schema: Schema, path: tuple[str, ...] = (), mark: str | None = None) -> Iterator[tuple[str, Schema]]:
    """Yield the path and the schema of each text, with the mark of the fields around it."""
    mark = schema.get(MARK) or mark
    kinds = schema.get("type", "string" if "enum" in schema or "const" in schema else [])
    if "anyOf" not in schema and "string" in ([kinds] if isinstance(kinds, str) else kinds):
        yield ".".join(path), {**schema, MARK: mark}
    for branch in schema.get("anyOf", ()):
        yield from list_texts(branch, path, mark)
    if "items" in schema:
        yield from list_texts(schema["items"], (*path, "[]"), mark)
    if isinstance(schema.get("additionalProperties"), dict):
        yield ".".join((*path, "KEY")), {"type": "string", MARK: mark}
        yield from list_texts(schema["additionalProperties"], (*path, "*"), mark)
    for name, field in schema.get("properties", {}).items():
        yield from list_texts(field, (*path, name), mark)


@pytest.mark.parametrize("reader", READERS, ids=[reader.kind for reader in READERS])
def test_every_text_is_declared(reader: Reader) -> None:
    """Each text of each kind has a mark or is enumerated, so that redaction knows what to do with it."""
    for path, schema in list_texts(published_schema(reader)):
        assert schema[MARK] or {"enum", "const", "pattern"} & schema.keys(), path


class Planting:
    """Makes records whose marked texts are all different values of one machine."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self.planted: list[str] = []

    def plant(self, mark: str = "name") -> str:
        """Return a new value that a field with this mark may have."""
        number = len(self.planted)
        made = {
            "address": f"172.{16 + number % 16}.{number % 200 + 11}.{number % 97 + 101}",
            "prefix": f"2a00:{number + 4096:x}:77::{number + 5000:x}/64",
            "hardware_address": f"de:ad:be:ef:{number >> 8:02x}:{number & 255:02x}",
            "path": f"/srv/{self._seed}/{number}qz.sock",
        }.get(mark, f"{self._seed}{number}qz")
        self.planted.append(made)
        return made

    def fill(self, schema: Schema, mark: str | None = None) -> Any:
        """Return a value that a schema allows, with a planted text where it has a mark."""
        mark = schema.get(MARK) or mark
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        if "anyOf" in schema:
            return self.fill(schema["anyOf"][0], mark)
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if "object" in kinds:
            named = {name: self.fill(field, mark) for name, field in schema.get("properties", {}).items()}
            others = schema.get("additionalProperties")
            return {**named, **({"InSegs": self.fill(others, mark)} if isinstance(others, dict) else {})}
        if "array" in kinds:
            return [self.fill(schema["items"], mark) for _ in range(2)]
        if "string" in kinds:
            return "WORD" if mark == WORD else self.plant(mark or "name")
        return schema.get("minimum", 0) if {"integer", "number"} & {*kinds} else False


def make_head(planting: Planting, readers: list[Reader]) -> Head:
    """Return a head with a planted value wherever the query and the machine have one."""
    query = Query(
        where=f"interface == '{planting.plant()}'",
        interfaces=(planting.plant("interface"),),
        network_namespaces=(planting.plant(), "pid:7"),
    )
    place = {"inode": 9, "name": planting.plant()}
    system = {"hostname": planting.plant(), "kernel_release": f"6.1.2-{planting.plant()}", "network_namespace": place}
    tables = tuple(dict.fromkeys(reader.table for reader in readers))
    return Head(query, "2026-01-01T00:00:00Z", "netstat-core", system, tables, tuple(readers), Names())


def make_messages(texts: list[str]) -> Tail:
    """Return a tail whose problems, gaps, attempts and selectors quote each of some texts."""
    problems, gaps = [], []
    for text in texts:
        problems.append(problem_entry(Problem(f"/sys/class/net/{text}/mtu", f"bad {text!r}", text.encode(), 1), None))
        problems[-1]["network_namespace"] = {"inode": 3, "name": text}
        attempt = Attempt("procfs", f"/proc/net/dev_snmp6/{text}", "permission", f"{text}: Permission denied", 13)
        gaps += [
            Gap("broken_plugin", f"plugin {text}", f"reader 'tcp': parse: KeyError: '{text}'", about="plugin"),
            Gap("rejected", "tcp", f"field local_port: maximum 65535 does not hold for {text}", about="plugin"),
            Gap("unreadable", "x", f'a {text}, [{text}] or "{text}": {text}.', attempts=(attempt,)),
            Gap("not_in_kernel", f"network namespace {text}", f"no such name; known: {text}, lo", about="namespaces"),
            Gap("unreadable", f"network namespace {text}", "gone", about="namespaces", selector=text),
            Gap("raced", "y", "z", network_namespace={"inode": 4, "name": text}),
        ]
    return Tail(problems, [*map(gap_entry, gaps)], None, [{"inode": 4, "name": text} for text in texts])


def render(make: type[Rendering], head: Head, records: dict[str, list[Any]], readers: list[Reader], tail: Tail) -> str:
    """Return a redacted report with all texts unescaped."""
    out = io.BytesIO()
    rendering = RedactedRendering(make(out))  # type: ignore[call-arg]
    rendering.begin(head)
    for reader in readers:
        rendering.batch(reader, Batch(records[reader.kind]))
    rendering.end(tail)
    return "\n".join(
        json.dumps(json.loads(line), ensure_ascii=False)
        for line in (out.getvalue().splitlines() if make is NdjsonRendering else [out.getvalue()])
    )


@pytest.mark.parametrize("make", [JsonRendering, NdjsonRendering])
@settings(deadline=None, max_examples=10)
@given(seed=st.text("abcxyzäö-_%#@~", min_size=3, max_size=6).map("zq{}".format))
def test_no_marked_value_passes(make: type[Rendering], seed: str) -> None:
    """Values of all marked fields of all kinds, of the query and the machine do not show, in messages either."""
    planting = Planting(seed)
    readers = sorted(READERS, key=lambda reader: reader.table)
    head = make_head(planting, readers)
    records = {reader.kind: [planting.fill(published_schema(reader)) for _ in range(3)] for reader in readers}
    known = planting.planted[::7]
    unknown = [planting.plant(mark) for mark in ("name", "address", "prefix", "hardware_address", "path", "interface")]
    shown = render(make, head, records, readers, make_messages([*known, *unknown]))
    for value in planting.planted:
        assert value.partition("/64")[0] not in shown
    assert seed not in shown
    assert "de:ad:be" not in shown
    assert "WORD" in shown
    assert '"6.1.2"' in shown


def test_what_the_program_says_stays() -> None:
    """The words of messages, numbers and the names of readers, tables, fields and files of the kernel are kept."""
    texts = {
        "/proc/PID/fd": "the descriptors of 3 processes could not be read, which only root can",
        "/proc/net/tcp": "a row needs sl, two addresses, state, queues, timer, uid and inode",
        "plugin inet": "reader 'tcp': parse: KeyError",
        "tcp": "field local_port: maximum 65535 does not hold for 70000",
        "sock_diag/tcp": "Permission denied",
    }
    gaps = [gap_entry(Gap("unreadable", source, detail)) for source, detail in texts.items()]
    head = make_head(Planting("zq"), READERS)
    shown = render(JsonRendering, head, {}, [], Tail([], gaps))
    assert {one["source"]: one["detail"] for one in json.loads(shown)["completeness"]} == texts


@pytest.mark.parametrize("name", ["red", "table", "lo", "main", "a b", "known: x", "no", "Permission"])
def test_namespaces_named_like_words(name: str) -> None:
    """A network namespace whose name is a word that messages have as well is replaced in lists and selectors."""
    detail = f"no such name below /run/netns; known: {name}, other"
    gaps = [Gap("not_in_kernel", f"network namespace {name}", detail, about="namespaces", selector=name)]
    shown = json.loads(render(JsonRendering, make_head(Planting("zq"), []), {}, [], Tail([], [*map(gap_entry, gaps)])))
    (gap,) = shown["completeness"]
    assert gap["source"] == f"network namespace {gap['selector']}"
    assert gap["selector"].startswith("name")
    assert gap["detail"].startswith("no such name below /run/netns; known: name")


STRANGE: Schema = {
    "type": "object",
    "properties": {
        "free": {"type": "string"},
        "listed": {"type": "array", "items": {"type": ["string", "null"]}},
        "open": {},
        "pattern": {"type": "string", "pattern": ".*"},
        "keys": {"type": "object", "additionalProperties": {"type": "integer"}},
        "word": {"enum": ["up", "down", None]},
        "other": {"anyOf": [{"enum": ["on"]}, {"type": "string", "pattern": "^unknown"}]},
        "reference": {"$ref": "#/properties/free"},
    },
}


def test_undeclared_texts_of_other_plugins() -> None:
    """A text that a plugin neither marks nor enumerates is removed, also within lists, objects and as a key."""
    reader = READERS[0].replace(record=STRANGE, kind="strange")
    record = {
        "free": "secret",
        "listed": ["secret", None],
        "open": {"secret": ["secret", {"a": "secret", "b": 1.5}], "n": True},
        "pattern": "secret",
        "keys": {"secret": 1},
        "word": "up",
        "other": "unknown(7)",
        "reference": "secret",
        "undeclared": "secret",
    }
    shown = render(JsonRendering, make_head(Planting("zq"), [reader]), {"strange": [record]}, [reader], Tail([], []))
    assert "secret" not in shown
    (row,) = json.loads(shown)["tables"][reader.table]
    assert row["free"] == REMOVED
    assert row["listed"] == [REMOVED, None]
    assert (row["word"], row["other"]) == ("up", "unknown(7)")
    assert [*row["keys"].values()] == [1]


def measure(count: int, messages: int, *, redacted: bool) -> float:
    """Return the seconds of CPU that a report takes to write, with as many sockets and messages."""
    reader = next(reader for reader in READERS if reader.kind == "inet.socket")
    record = Planting("zq").fill(published_schema(reader)) | {"interface": None, "processes": None}
    rows = [
        {**record, "local_address": f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", "remote_address": f"172.16.{n & 255}.1"}
        for n in range(count)
    ]
    tail = Tail([problem_entry(Problem("x", f"bad {n} 10.0.0.{n}"), reader) for n in range(messages)], [])
    rendering: Rendering = JsonRendering(io.BytesIO())
    rendering = RedactedRendering(rendering) if redacted else rendering
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    rendering.begin(make_head(Planting("zq"), [reader]))
    rendering.batch(reader, Batch(rows))
    rendering.end(tail)
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime - before


def test_time_is_linear() -> None:
    """Ten times as many sockets and messages take some ten times as long, not a hundred times."""
    measure(100, 100, redacted=True)  # reads the words of the program
    small = min(measure(2000, 1000, redacted=True) for _ in range(3))
    large = min(measure(20_000, 10_000, redacted=True) for _ in range(2))
    assert large < 30 * max(small, 0.01)


PLANTED_TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 4D0B1FAC:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0 100 0 0 10 0
zqrow
"""
PLANTED = {
    "capture": 1,
    "hostname": "zqhost",
    "kernel_release": "6.1-zqrelease",
    "captured_at": "2026-01-01T00:00:00Z",
    "asked": [{"path": "/proc/net/tcp"}, {"path": "/proc/net/tcp6"}],
    "failed": {"/proc/net/tcp6": [13, "zqwords of 172.31.11.77, 52:54:00:12:34:56 or 2a00:7::77"]},
    "netlink": [],
    "owners": {"held": {"77": [4242]}, "failed": 1, "processes": 9, "initial": True, "error": [5, "zqerror"]},
    "names": {"users": {"0": "zquser"}},
    "network_namespace": {"inode": 4, "name": "zqhere"},
    "namespaces": [{"network_namespace": {"inode": 5, "name": "zqother"}}],
    "selected": {"zqother": 5, "zqselected": 7},
    "missed": [
        ["permission", "zqmissed", "zqmissed: Permission denied", 13, 0, 9],
        ["raced", "", "/zqpath: x", 5, 0, 0],
    ],
}
PLANTED_FILES = {
    "proc/net/tcp": PLANTED_TCP,
    "namespaces/5/proc/net/tcp": PLANTED_TCP,
    "capture.json": json.dumps(PLANTED),
    "proc/77/comm": "zqcomm\n",
    "proc/77/cmdline": "zqcommand\0--zqargument\0",
    "proc/77/status": "Uid:\t1000\n",
    "proc/77/cgroup": f"0::/system.slice/zqunit.service/docker-{'7a' * 32}.scope\n",
    "proc/77/exe": "/usr/zqbin/zqprogram",
    "proc/77/attr/current": "zqcontext",
    "proc/77/environ": "LISTEN_PID=77\0LISTEN_FDS=1\0LISTEN_FDNAMES=zqunit.socket\0",
}


@pytest.mark.parametrize("output", ["--json", "--ndjson"])
@pytest.mark.parametrize("place", ["--all-netns", "--netns zqmissed --netns zqnone --netns zqother"])
def test_nothing_of_a_snapshot_passes(output: str, place: str, tmp_path: Path) -> None:
    """No name, address or message of a snapshot or an option shows, neither in the report nor on stderr."""
    for name, content in PLANTED_FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    given = f"{output} -tlnp --who --arguments --source procfs {place}".split()
    where = ["--where", "interface == 'zqwhere' || true"]
    shown = []
    for redact in ([], ["--redact"]):
        out, err = io.BytesIO(), io.BytesIO()
        entry.run(["--from", str(tmp_path), *given, *where, *redact], out, err)
        shown.append(out.getvalue() + err.getvalue())
    for planted in (b"zq", b".77", b"172.31", b"52:54", b"2a00", b"7a7a"):
        assert planted in shown[0]
        assert planted not in shown[1]
