"""No text decides: what code concludes of gaps and problems it takes from fields, never from words for people."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pynetstat import show
from trees import FIXTURES, Trees

from netstat_core.answers.diff import drift
from netstat_core.answers.listening import listening_on
from netstat_core.errors import NetstatError, SourceError
from netstat_core.facts.gather import gather
from netstat_core.facts.query import facts_query
from netstat_core.host.discovery import Host
from netstat_core.owners import processes
from netstat_core.plugin.outcomes import Gap, Problem
from netstat_core.system.capture import DESCRIPTION, VERSION
from netstat_core.system.snapshot import SnapshotSystem

ROOT = Path(__file__).resolve().parents[2]

MARK = "\N{NOT EQUAL TO}"


def reworded(text: str) -> str:
    """Return another text for each text, without a word or a sign of the first; what is one already stays."""
    return text if text.startswith(MARK) else MARK + hashlib.md5(text.encode("utf-8", "surrogateescape")).hexdigest()


@pytest.fixture
def rewording(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Give what replaces, from then on, all words of gaps, problems and errors by others."""

    def replace() -> None:
        gap, problem, error = Gap.__init__, Problem.__init__, SourceError.__init__

        def new_gap(self: Gap, reason: str, source: str, detail: str, **rest: Any) -> None:
            is_path = rest.get("about", "source") in ("source", "table")
            gap(self, reason, source if is_path else reworded(source), reworded(detail), **rest)

        def new_problem(self: Problem, source: str, reason: str, *rest: Any, **more: Any) -> None:
            problem(self, source, reworded(reason), *rest, **more)

        def new_error(self: SourceError, source: str, detail: str, number: int = 0) -> None:
            error(self, source, reworded(detail), number)

        monkeypatch.setattr(Gap, "__init__", new_gap)
        monkeypatch.setattr(Problem, "__init__", new_problem)
        monkeypatch.setattr(SourceError, "__init__", new_error)

    return replace


def without_texts(report: dict[str, Any]) -> dict[str, Any]:
    """Return a report of which problems, gaps and attempts have lost what is for people."""
    gaps = [
        {**one, "source": None, "detail": None, "attempts": [{**way, "detail": None} for way in one["attempts"]]}
        for one in report["completeness"]
    ]
    return {**report, "completeness": gaps, "problems": [{**one, "reason": None} for one in report["problems"]]}


DISPLAYS = (
    *("--interfaces=nope -n", "-s -A unix", "-tan --netns ghost", "-tan --netns inode:9"),
    *("-an", "-anp", "-6tan", "-San", "-rn", "-6rn", "-rnC", "-6rnC", "-rn --route-table all", "-gn", "-ian", "-Mn"),
    *("-s", "-su", "-6s", "-v -A ipx,ax25,ddp", "-rn -A ipx", "-rn -A netrom", "-rn -A ddp", "--neighbours"),
    *(
        "-anp --all-netns",
        "-an --netns red --netns ghost",
        "--tables all -n --json",
        "--tables all -p --json --all-netns",
    ),
)


def shown(tree: Path, display: str) -> Any:
    """Return the status of a display, how many lines it writes, and, of JSON, all but the words."""
    outcome = show(tree, *display.split(), "--no-plugin", "nope")
    if "--json" in display and outcome.stdout:
        return outcome.returncode, outcome.stderr.count(b"\n"), without_texts(json.loads(outcome.stdout))
    return outcome.returncode, outcome.stderr.count(b"\n"), outcome.stdout.count(b"\n")


def without_columns(tmp_path: Path) -> Path:
    """Make a tree of files that lack what they should have."""
    folder = tmp_path / "proc/net"
    folder.mkdir(parents=True)
    files = {
        "route": "Iface Destination\n",
        "tcp": "header\nnonsense\n",
        "udp": "header\n" + "x\n" * 1500,
        "unix": "header\nrow\n",
        "snmp": "Ip: a\n",
        "ip_masquerade": "... PDelta\nTCP x\nTCP y\n",
        "ipx": "header\nx y\n",
        "igmp": "header\n\tx\n",
        "rt_cache": "Iface\tDestination\n",
        "nf_conntrack": "x\n",
    }
    for name, content in files.items():
        (folder / name).write_text(content)
    return tmp_path


def with_namespaces(tmp_path: Path) -> Path:
    """Make a snapshot of a machine of which one namespace could not be captured."""
    missed = [["permission", "ghost", "no rights", 1, 0, 9], ["truncated", "", "too many", 0, 7, 0]]
    about = {"capture": VERSION, "asked": [], "namespaces": [], "missed": missed}
    (tmp_path / DESCRIPTION).write_text(json.dumps(about))
    return tmp_path


MADE = {"broken": without_columns, "missed": with_namespaces}
SNAPSHOTS = (
    "netlink/owners",
    "netlink/owners-denied",
    "netlink/namespaces",
    "netlink/namespaces-asked",
    "netlink/sockets-listening",
)
TREES = ("captures/sctp-a-6.1", "captures/misc-a-6.1", "examples/bad", "examples/legacy")


@pytest.mark.parametrize("name", [*SNAPSHOTS, *TREES, *MADE])
def test_no_words_decide(
    name: str, trees: Trees, tmp_path: Path, rewording: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With other words in all gaps, problems and errors, statuses, fields, completeness, coverage and answers stay."""
    if name in MADE:
        tree = MADE[name](tmp_path)
    elif name in SNAPSHOTS:
        tree = FIXTURES / f"{name}.txt"
    else:
        tree = trees[name]

    def outcomes() -> list[Any]:
        return [*(shown(tree, display) for display in DISPLAYS), *concluded(tree)]

    if name == "netlink/owners":
        monkeypatch.setattr(processes, "_MOST_HELD", 1)  # so that owners are left out
    before = outcomes()
    rewording()
    assert outcomes() == before


OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"all_netns": True},
    {"tables": ["sockets"], "protocols": ["tcp"]},
    {"tables": ["routes"]},
)


def concluded(tree: Path) -> Iterator[Any]:
    """Yield the facts of a tree without their words, and what they let one conclude, whatever their words are."""
    host = Host()
    for options in OPTIONS:
        try:
            facts = gather(facts_query(host, **options), SnapshotSystem(tree), host).facts
        except NetstatError as error:
            yield type(error).__name__
            continue
        others = with_texts(facts, reworded)
        yield with_texts(facts, lambda _text: "")
        told = [list(answers(one)) for one in (facts, others)]
        assert told[0] == told[1]
        yield told[0]


def with_texts(facts: dict[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    """Return facts, and those of namespaces in them, with other words for why they are not complete."""
    reasons = [{**one, "text": change(one["text"])} for one in facts["incomplete_because"]]
    inner = {name: with_texts(one, change) for name, one in facts.get("namespaces", {}).items()}
    return {**facts, "incomplete_because": reasons, **({"namespaces": inner} if inner else {})}


def answers(facts: dict[str, Any]) -> Iterator[Any]:
    """Yield what is concluded from facts: the answer, or why there is none."""
    for port, process in ((22, None), ("tcp/1", "nobody"), ("udp/53", None), ("sctp/7", None), (7000, "python*")):
        yield answer(lambda port=port, process=process: listening_on(facts, port, process=process))  # type: ignore[misc]
    yield answer(lambda: drift(facts, facts))
    blind = {**facts, "covers": {**facts["covers"], "owners": "none", "protocols": [], "families": []}}
    yield answer(lambda: drift(blind, facts))
    yield answer(lambda: drift(facts, blind))


def answer(conclude: Callable[[], Any]) -> Any:
    """Return an answer, or the kind of error in its place, and whether it tells a reason of the facts."""
    try:
        return conclude()
    except NetstatError as error:
        return type(error).__name__, "the facts say" in str(error)


CUTS = frozenset(
    [
        *("startswith", "endswith", "partition", "rpartition", "split", "rsplit", "splitlines"),
        *("removeprefix", "removesuffix", "find", "rfind", "index", "rindex", "count", "replace"),
        *("match", "search", "fullmatch", "findall", "finditer", "sub"),
    ]
)
"""Methods of texts and of patterns that look into a text."""

WORDS, PLACES_OF_WORDS = ("detail", "source"), ("detail", "source", "text")
"""Attributes of gaps and problems, and keys of their entries, that are for people or name a source."""

ALLOWED = {
    "netstat_core/facts/sink.py: query.source == 'auto'",  # which kind of feed is preferred
    "netstat_core/report/selection.py: query.source == 'auto'",
    "netstat_core/facts/builder.py: entry['source'] != COMMANDS",  # command lines, which facts may not hold
    "plugins/masq/netstat_masq/proc_nf_conntrack.py: reply.target != original.source",  # an address
    "plugins/masq/netstat_masq/proc_nf_conntrack.py: reply.source != original.target",
    "plugins/inet/netstat_inet/net_tools.py: trouble.source in files",  # which of a reader's own files it is
    "plugins/legacy_af/netstat_legacy_af/netrom.py: gap.source == NODES",
    "plugins/igmp/netstat_igmp/net_tools.py: trouble.source.rpartition('/')",  # the name of a file, to be shown
}


def test_no_text_is_parsed_back() -> None:
    """No code compares or takes apart what gaps and problems say to people, nor, but for a few, names of sources."""
    found = {
        f"{path.relative_to(ROOT)}: {ast.unparse(node)}"
        for folder in ("netstat_core", "plugins", "ansible_collection/plugins")
        for path in (ROOT / folder).rglob("*.py")
        if "build" not in path.parts
        for node in looks_into_words(ast.parse(path.read_text("utf-8")))
    }
    assert found == ALLOWED


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        ("gap.source.endswith('6')", True),
        ("str(entry['source']).startswith(NAMESPACES)", True),
        ("'no room' in gap.detail", True),
        ("re.match('x', one['text'])", True),
        ("problem.reason.partition(' ')", True),
        ("gap.attempts[-1].rpartition(': ')", True),
        ("[one.split(':') for one in gap.attempts]", True),
        ("gap.reason == 'permission'", False),
        ("f'{gap.source}: {gap.detail}'", False),
    ],
)
def test_the_sweep_finds_what_it_is_for(source: str, *, is_found: bool) -> None:
    """Ways in which texts were parsed back are found, and words of a closed set are no text."""
    assert bool([*looks_into_words(ast.parse(source))]) is is_found


def looks_into_words(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield comparisons with words for people, and calls that take them apart."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(map(is_words, (node.left, *node.comparators))):
            yield node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CUTS:
            if any(is_words(one) or is_reason(one) for one in (node.func.value, *node.args)):
                yield node
        elif isinstance(node, ast.comprehension) and is_attempts(node.iter):
            yield from looks_at(tree, node.target)


def looks_at(tree: ast.AST, target: ast.expr) -> Iterator[ast.expr]:
    """Yield the calls that take a variable apart."""
    for node in ast.walk(tree):
        is_method = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CUTS
        if is_method and ast.unparse(node.func.value) == ast.unparse(target):
            yield node


def is_attempts(node: ast.expr) -> bool:
    """Whether an expression is the attempts of a gap."""
    return isinstance(node, ast.Attribute) and node.attr == "attempts"


def is_reason(node: ast.expr) -> bool:
    """Whether an expression is a reason, which is a word of gaps and a sentence of problems, or one of the attempts."""
    if isinstance(node, ast.Subscript) and is_attempts(node.value):
        return True
    return isinstance(node, ast.Attribute) and node.attr == "reason"


def is_words(node: ast.expr) -> bool:
    """Whether an expression is a text for people, or names a source."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "str" and node.args:
        return is_words(node.args[0])
    if isinstance(node, ast.Attribute):
        return node.attr in WORDS
    return (
        isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value in PLACES_OF_WORDS
    )
