"""Runs cases in one tree: a process for each, which reads pickled cases and writes pickled outcomes.

`PYTHONPATH` says which tree; `apart.py` sets it. What is imported of the tree stands in `PLACES`: where a module moves,
its new place is added there.
"""

from __future__ import annotations

import base64
import functools
import importlib
import io
import json
import os
import pickle
import shutil
import socket
import sys
import tarfile
import time
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

PLACES: dict[str, tuple[str, ...]] = {
    "collect": ("netstat_core:collect",),
    "Query": ("netstat_core:Query",),
    "NetstatError": ("netstat_core:NetstatError",),
    "SnapshotSystem": ("netstat_core.system.snapshot:SnapshotSystem",),
    "Host": ("netstat_core.discovery:Host", "netstat_core.host.discovery:Host"),
    "facts_query": ("netstat_core.facts:facts_query", "netstat_core.facts.query:facts_query"),
    "gather": ("netstat_core.gathering:gather", "netstat_core.facts.gather:gather"),
    "plan": ("netstat_core.plan:plan", "netstat_core.report.plan:plan"),
    "plan_facts": ("netstat_core.facts.gather:plan_facts", "netstat_core.plan:plan", "netstat_core.report.plan:plan"),
    "EVERYTHING": ("netstat_core.plan:EVERYTHING", "netstat_core.report.plan:EVERYTHING"),
    "parse": ("ansible_collections.netstat.core.plugins.filter.parse:parse",),
    "where": ("ansible_collections.netstat.core.plugins.filter.where:where",),
    "drift": ("ansible_collections.netstat.core.plugins.filter.drift:drift",),
    "listening_on": ("ansible_collections.netstat.core.plugins.test.listening_on:listening_on",),
    "asked": (
        "ansible_collections.netstat.core.plugins.plugin_utils.controller:asked",
        "ansible_collections.netstat.core.plugins.plugin_utils.controller:read_options",
    ),
    "result": (
        "ansible_collections.netstat.core.plugins.plugin_utils.controller:result",
        "ansible_collections.netstat.core.plugins.plugin_utils.controller:build_result",
    ),
}
"""Where things are, the newest place last; the first that exists is taken."""

MARK = b"netstat-capture/1:"
RUN_VARIABLE = "NET_RUN"
"""Environment variable with the module of the command, which is what the tree's pyproject.toml says."""

Writes = list[tuple[str, bytes]]
Result = tuple[str, Writes, list[tuple[str, bytes]]]


class Recorded(io.BytesIO):
    """A stream that adds what is written to a list that it shares with others."""

    def __init__(self, name: str, writes: Writes) -> None:
        super().__init__()
        self._stream = name
        self._writes = writes

    def write(self, content: Any) -> int:
        """Note the content, and the stream it is for."""
        self._writes.append((self._stream, bytes(content)))
        return len(content)

    def writelines(self, lines: Any) -> None:
        """Note all of them."""
        for line in lines:
            self.write(line)


@functools.cache
def found(name: str) -> Any:
    """The thing of this name in this tree."""
    for place in PLACES[name]:
        module, _, attribute = place.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            reason = error
    raise reason


@functools.cache
def command() -> Callable[..., int]:
    """The command as a function of arguments and streams, beside the entry point of the tree."""
    entry = importlib.import_module(os.environ[RUN_VARIABLE])  # the command itself, or a module that only starts it
    module = entry if hasattr(entry, "run") else importlib.import_module("netstat_core.cli.main")
    function: Callable[..., int] = module.run
    return function


def run(given: dict[str, Any], writes: Writes) -> str:
    """A command line; `stdin` names a file to read as standard input, `environment` what is set."""
    sys.stdin = io.TextIOWrapper(io.BytesIO(_content(given["stdin"]) if "stdin" in given else b""))
    program = {"program": given["program"]} if "program" in given else {}
    out, err = Recorded("stdout", writes), Recorded("stderr", writes)
    return str(command()(given["arguments"], out, err, **program))


def collect(given: dict[str, Any], writes: Writes) -> str:
    """The Python API over a snapshot."""
    return _told(found("collect")(_query(given["query"]), _system(given["snapshot"])), writes)


def gather(given: dict[str, Any], writes: Writes) -> str:
    """Facts of a snapshot."""
    host = found("Host")()
    query = found("facts_query")(host, **given["options"])
    made = found("gather")(query, _system(given["snapshot"]), host, keep_sockets=bool(given.get("keep")))
    return _told([made.facts, made.sockets], writes)


def plan(given: dict[str, Any], writes: Writes) -> str:
    """The plan of a query, of facts, or of everything."""
    if "options" in given:
        query = found("facts_query")(found("Host")(), **given["options"])
    else:
        query = _query(given["query"]) if "query" in given else found("EVERYTHING")
    return _told(found("plan_facts" if "options" in given else "plan")(query), writes)


def parse(given: dict[str, Any], writes: Writes) -> str:
    """The collection's filter parse."""
    return _told(found("parse")(_text(given), **given["options"]), writes)


def task(given: dict[str, Any], writes: Writes) -> str:
    """What the module netstat_facts makes of a snapshot, with what its options plan."""
    asked = found("asked")(given["options"])
    return _told(found("result")(_text(given), asked), writes)


def where(given: dict[str, Any], writes: Writes) -> str:
    """The collection's filter where, over all records of a table."""
    tables = _collected(given["snapshot"])["tables"]
    return _told(found("where")(tables[given["table"]], given["expression"]), writes)


def drift(given: dict[str, Any], writes: Writes) -> str:
    """The collection's filter drift, between the facts of two snapshots."""
    now, before = (_facts(given[key]) for key in ("snapshot", "baseline"))
    return _told(found("drift")(now, before, **given["options"]), writes)


def listening_on(given: dict[str, Any], writes: Writes) -> str:
    """The collection's test listening_on."""
    return _told(found("listening_on")(_facts(given["snapshot"]), *given["arguments"]), writes)


KINDS: dict[str, Callable[[dict[str, Any], Writes], str]] = {
    one.__name__: one for one in (run, collect, gather, plan, parse, task, where, drift, listening_on)
}


def _query(fields: dict[str, Any]) -> Any:
    plain = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    query = found("Query")
    return query(**(plain if "processes" in query._fields else _in_words_of_today(plain)))


def _in_words_of_today(plain: dict[str, Any]) -> dict[str, Any]:
    """The fields of a query as they are called since it says only what is asked."""
    owners = {"processes": "processes", "who": "details", "context": "contexts"}
    words = tuple(word for name, word in owners.items() if plain.pop(name, False))
    words = words if "processes" in words else ()
    cached = ("route_cache",) if plain.pop("cache", False) else ()
    others = () if cached and not plain.pop("fib", False) else plain.get("tables", ("sockets",))
    tables = {"tables": (*others, *cached)}
    plain = {name: value for name, value in plain.items() if name in found("Query")._fields}
    return {**plain, **tables, "owners": words}


def _system(snapshot: str) -> Any:
    return found("SnapshotSystem")(snapshot)


@functools.lru_cache(maxsize=4)
def _collected(snapshot: str) -> Any:
    query = _query({"tables": ["sockets", "routes", "interfaces"], "processes": True})
    return found("collect")(query, _system(snapshot))


@functools.lru_cache(maxsize=4)
def _facts(snapshot: str) -> Any:
    host = found("Host")()
    return found("gather")(found("facts_query")(host), _system(snapshot), host).facts


def _text(given: dict[str, Any]) -> str:
    return _content(given["snapshot"]).decode("ascii", "replace").strip()[: given.get("cut")]


def _content(path: Any) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _told(value: Any, writes: Writes) -> str:
    """The value as JSON, in its own order."""
    writes.append(("stdout", json.dumps(value, indent=1, default=repr).encode()))
    return "0"


def outcome(kind: str, given: dict[str, Any]) -> Result:
    """What comes of a case."""
    writes: Writes = []
    time.sleep = pauses.append
    try:
        status = KINDS[kind](given, writes)
    except BaseException as error:  # noqa: BLE001 - a case may go wrong in any way, as long as both trees do
        status = f"{type(error).__name__}: {error}"
    made = [(name, content) for path in sorted(os.listdir()) for name, content in _made(path)]
    for path in os.listdir():
        shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
    return status, writes, made


pauses: list[float] = []
"""How long the trees would have slept."""


def _made(path: str) -> list[tuple[str, bytes]]:
    """The contents of a file or folder that was made, unpacked where it is a snapshot, each with its name and mode."""
    mode = f"{os.lstat(path).st_mode:o}".encode()
    if os.path.isdir(path):
        files = sorted(os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names)
        return [(path, mode), *((name, _content(name)) for name in files)]
    content = _content(path)
    if content.startswith(MARK):
        return [(path, mode), *unpacked(content)]
    if ".t" in path:
        with tarfile.open(path) as archive:
            members = [(member.name, archive.extractfile(member)) for member in archive.getmembers()]
            return [(path, mode), *((name, file.read() if file else b"") for name, file in members)]
    return [(path, mode + b" " + content)]


def unpacked(packed: bytes) -> list[tuple[str, bytes]]:
    """The contents of packed text by path."""
    content = zlib.decompress(base64.b64decode(packed[len(MARK) :].strip()))
    index, _, rest = content.partition(b"\n")
    parts = []
    for path, size in json.loads(index):
        parts.append((path, rest[:size]))
        rest = rest[size:]
    return parts


def name_of(address: str) -> str:
    """What an address is called in place of what a name server says; some have no name."""
    if address.endswith(("9", "f")):
        raise socket.gaierror(socket.EAI_NONAME, "no name")
    return f"host-{address.replace(':', '-').replace('.', '-')}.example"


def main() -> None:
    """Answer cases until there are none; what they make is made in a folder that is given."""
    os.chdir(sys.argv[1])
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    asked = os.fdopen(os.dup(0), "rb")
    socket.getnameinfo = lambda address, _flags: (name_of(address[0]), str(address[1]))
    socket.gethostbyaddr = lambda address: (name_of(address), [], [address])
    while True:
        try:
            kind, given = pickle.load(asked)
        except EOFError:
            return
        pickle.dump(outcome(kind, given), answers)
        answers.flush()


if __name__ == "__main__":
    main()
