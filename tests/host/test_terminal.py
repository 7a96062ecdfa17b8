"""Nothing that a terminal obeys is written, and no value forges a row, whoever brings the value."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynetstat import show
from trees import FIXTURES

from netstat_core.cli import main as entry
from netstat_core.cli.gaps import escape_event
from netstat_core.cli.streams import EscapedOutput
from netstat_core.dialects import NET_TOOLS, Request
from netstat_core.dialects.net_tools.session import NetToolsSession
from netstat_core.escape import escape_block, escape_line, printable
from netstat_core.host.discovery import Host
from netstat_core.plugin import Gap, Problem, Query, Reader, Style
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.outcomes import Attempt, Trait
from netstat_core.plugin.schema import published_schema
from netstat_core.plugin.sinks import Head
from netstat_core.query import CONTEXTS, DETAILS
from netstat_core.report.names import Names
from netstat_core.report.run import Noted
from netstat_core.system import archive
from netstat_core.system.capture import DESCRIPTION, pack

EVIL = "\x1b[31m\n\t\r\x7f\x85\x9b\N{LINE SEPARATOR}\N{RIGHT-TO-LEFT OVERRIDE}\u2066\u200b\ud800\udcff\x07\x08"
"""All kinds of characters that a terminal obeys or that hide text, and surrogates that are no text."""

PLAIN = "plain"
READERS = {offer.reader.name: offer.reader for offer in Host().offers() if NET_TOOLS in offer.reader.layouts}
STYLES = {
    "numbers": Style(query=Query(show="all")),
    "all": Style(
        query=Query(show="all", owners=(DETAILS, CONTEXTS)),
        verbose=True,
        timers=True,
        extend=2,
        wide=True,
        symbolic=True,
    ),
    "names": Style(numeric_hosts=False, numeric_ports=False, numeric_users=False, extend=1),
}
KNOWN = ("hosts", "networks", "services", "users")


def assert_harmless(*outputs: bytes) -> None:
    """Assert that outputs are printable text in UTF-8 of lines and tabs."""
    for output in outputs:
        rest = [char for char in output.decode() if not char.isprintable() and char not in "\n\t"]
        assert rest == []


class Everyone(dict[str, str]):
    """Names of a snapshot that has one for each number."""

    def get(self, _key: str, _default: Any = None) -> Any:
        """Return the same name for all."""
        return self["*"]


def value(schema: dict[str, Any], text: str) -> Any:
    """Make a value of a schema whose texts are all ``text``, also where a pattern forbids it."""
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if "anyOf" in schema:
        return value(schema["anyOf"][-1] if "pattern" in schema["anyOf"][-1] else schema["anyOf"][0], text)
    kinds = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", ["string"])
    made = {
        "string": lambda: text,
        "integer": lambda: max(schema.get("minimum", 0), 0),
        "number": lambda: 0.0,
        "boolean": lambda: False,
        "null": lambda: None,
        "array": lambda: [value(schema.get("items", {}), text)],
        "object": lambda: fields(schema, text),
    }
    return made[kinds[0]]()


def fields(schema: dict[str, Any], text: str) -> dict[str, Any]:
    """Make an object of a schema; one with any keys has ``text`` for a key."""
    if "properties" in schema:
        return {name: value(one, text) for name, one in schema["properties"].items()}
    return {text: value(schema.get("additionalProperties", {}), text)}


def text_of(reader: Reader, style: Style, text: str) -> bytes:
    """Show three records, a trait and a name for each number, all made of ``text``."""
    out = io.BytesIO()
    page = NetToolsSession(Request(query=style.query, style=style)).page(EscapedOutput(out))  # type: ignore[arg-type]
    wanted = {"hosts": not style.numeric_hosts, "ports": not style.numeric_ports, "users": not style.numeric_users}
    names = Names(resolving=False, known={kind: Everyone({"*": text}) for kind in KNOWN}, **wanted)
    page.begin(Head(style.query, None, "test", {}, (reader.table,), (reader,), names))
    page.enter({"inode": 1, "name": text})
    page.trait(reader, Trait("strange", [text, {"text": text}]))
    page.batch(reader, Batch(value(published_schema(reader), text) for _ in range(3)))
    page.end(None)  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", READERS)
def test_no_field_reaches_a_terminal_raw(name: str, style: str) -> None:
    """Whatever the text fields of a record hold, its text has no control character and as many lines as any."""
    try:
        plain = text_of(READERS[name], STYLES[style], PLAIN)
    except (ValueError, KeyError) as error:
        pytest.skip(f"the layout takes apart what only a kernel writes: {error!r}")
    evil = text_of(READERS[name], STYLES[style], EVIL)
    assert_harmless(evil)
    assert evil.count(b"\n") == plain.count(b"\n")


def replaced(node: Any, text: str) -> Any:
    """Replace every text of a description that is no path, address, word or time by ``text``."""
    if isinstance(node, dict):
        return {key: replaced(nested, text) for key, nested in node.items()}
    if isinstance(node, list):
        return [replaced(nested, text) for nested in node]
    return text if isinstance(node, str) and not node.startswith(("/", "sock_diag", "route")) else node


def with_texts(source: Path, target: Path, text: str) -> Path:
    """Copy a snapshot, with ``text`` for every text of its description."""
    store = archive.unpack_text(source.read_text().strip())
    files = {path.lstrip("/"): content for path, content in store._files.items()}
    about = json.loads(files[DESCRIPTION])
    files[DESCRIPTION] = json.dumps({**replaced(about, text), "capture": about["capture"]}).encode()
    target.write_text(pack(files))
    return target


SNAPSHOTS = [
    *(f"netlink/{name}" for name in ("sockets", "namespaces", "namespaces-asked", "owners", "owners-denied", "router")),
    *("hostile/forged_row", "hostile/esc_failed"),
]
DISPLAYS = (
    *("-tle", "-tl", "-a", "-anpeo", "-anpZ", "-r", "-i", "-ie", "-g", "-s", "-M", "--neighbours", "-rC"),
    *("-an --all-netns", "-an --netns nobody", "-anp --json --who", "-a --ndjson --resolve", "--format facts"),
    *("--tables all -a", "-an --json --redact", "-an --ndjson --all-netns", "--format facts-local --who"),
)


@pytest.mark.parametrize("display", DISPLAYS)
@pytest.mark.parametrize("name", SNAPSHOTS)
def test_no_snapshot_reaches_a_terminal_raw(name: str, display: str, tmp_path: Path) -> None:
    """Whatever texts a snapshot tells of its machine, output and messages are harmless and their lines are as many."""
    source = FIXTURES / f"{name}.txt"
    evil = show(with_texts(source, tmp_path / "evil", EVIL), *display.split())
    plain = show(with_texts(source, tmp_path / "plain", PLAIN), *display.split())
    assert_harmless(evil.stdout, evil.stderr)
    assert evil.stdout.count(b"\n") == plain.stdout.count(b"\n")
    assert evil.stderr.count(b"\n") == plain.stderr.count(b"\n")
    assert evil.returncode == plain.returncode


@pytest.mark.parametrize("display", ["-tle", "-tl", "-r", "-i"])
def test_forged_rows_and_sequences(display: str) -> None:
    """A user whose name is a row makes no row, and the words of a failure are no escape sequences."""
    rows = show(FIXTURES / "hostile/forged_row.txt", display).stdout.splitlines()
    assert sum(row.startswith(b"tcp") for row in rows) == (1 if "t" in display else 0)
    outcome = show(FIXTURES / "hostile/esc_failed.txt", display)
    assert_harmless(outcome.stdout, outcome.stderr)


ECHOED = (
    *(
        ["--where", "X"],
        ["--where", "state == 'X'"],
        ["--from", "X"],
        ["-A", "X"],
        ["--tables", "X"],
        ["--format", "X"],
    ),
    *(["--X"], ["-\x1b"], ["X"], ["1", "1", "X"], ["--netns", "X"], ["--preset", "X"]),
    *(["--record", "/nowhere/X/X", "-tn"], ["--byte-order", "X"], ["--source", "X"], ["--netns-limit", "X"]),
    *(["--plugin-budget", "X"], ["--explain", "X"], ["--schema=X"], ["--interfaces=X"], ["--no-plugin", "X", "-tln"]),
    *(["capture", "/nowhere/X/X", "-tn"], ["capture", "/nowhere/X", "X"], ["--route-table", "X", "-r"]),
)


@pytest.mark.parametrize("arguments", ECHOED, ids=" ".join)
@pytest.mark.parametrize("program", ["X", "netstat"])
def test_no_argument_is_echoed_raw(arguments: list[str], program: str) -> None:
    """Whatever an argument or the program's name is, the messages that quote it are harmless and of as many lines."""
    lines = []
    for text in (PLAIN, EVIL.replace("\ud800", "")):  # arguments are bytes
        out, err = io.BytesIO(), io.BytesIO()
        entry.run([argument.replace("X", text) for argument in arguments], out, err, program.replace("X", text))
        assert_harmless(out.getvalue(), err.getvalue())
        lines.append(err.getvalue().count(b"\n"))
    assert lines[0] == lines[1]


def test_messages_quote_no_raw_text() -> None:
    """All that a layout's message can quote of a problem or a gap is part of a line."""
    namespace: Any = {"inode": 1, "name": EVIL}
    gap = Gap(
        EVIL,
        EVIL,
        EVIL,
        table=EVIL,
        reader=EVIL,
        attempts=(Attempt(EVIL, EVIL, EVIL, EVIL),),
        network_namespace=namespace,
        selector=EVIL,
    )
    for trouble in (gap, Problem(EVIL, EVIL, b"\x1b\n\xff", 1, EVIL, EVIL)):
        shown = escape_event(Noted(None, trouble)).trouble
        raw = shown.raw.decode() if isinstance(shown, Problem) else ""
        assert repr(shown).isprintable()
        assert raw.isprintable()
        assert "\\n" not in repr(shown).replace("\\\\", "")


@given(st.text(), st.binary())
def test_escapes_are_total(text: str, raw: bytes) -> None:
    """Any text and any bytes come out harmless; what is harmless comes out as it is, and twice is as once."""
    assert escape_line(text).isprintable()
    assert printable(text).isprintable()
    once = escape_block(raw)
    rest = [char for char in once.decode() if not char.isprintable() and char not in "\r\n\t"]
    assert rest == []
    assert escape_block(once) == once
