"""Numbers of more than 64 bits, in each numeric column of each file that a reader takes: the line is a problem."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from trees import FIXTURES, fixture_names

from netstat_core import Query
from netstat_core.host.checker import Checker
from netstat_core.host.discovery import Host, Offer
from netstat_core.plugin import About, Batch, Directory, Feed, File, Gap, NetlinkDump, Problem, Reader, Trait
from netstat_core.plugin.sources import REQUIRED, Need
from netstat_core.report.selection import asked_of

OFFERS = Host().offers()
TOKEN = re.compile(rb"(?<![\w.-])-?(?:0x)?[0-9A-Fa-f]+(?![\w.])")
"""A word, or a part of one behind a colon or a slash, that may be a number."""

WIDE = (b"1" * 25, b"-" + b"1" * 25, b"F" * 17, b"-" + b"F" * 17)
TREES = [FIXTURES / name for shelf in ("examples", "captures") for name in fixture_names(shelf)]
MOST_TREES = 4
"""Trees whose file of a name is gone through: one for each form that kernels have given it, and some more."""

SATURATED = {"statistics", "statistics6", "statistics_interfaces", "statistics6_interfaces", "tls", "xfrm"}
"""Counters, which netstat and so these readers bring into 64 bits as the C library does."""

SHARED = {
    ("netrom.route", "nr_neigh"): "a neighbour that several routes lead over is unknown in each",
    ("rose.route", "rose_neigh"): "a neighbour that several routes lead over is unknown in each",
    ("multicast_routes", "ip_mr_vif"): "a vif that several routes lead to or from has no name in each",
    ("multicast_routes6", "ip6_mr_vif"): "a vif that several routes lead to or from has no name in each",
    ("ax25.call", "ax25_calls"): "the policy stands in every record",
}
"""Files whose lines are parts of more than one record, and what the problem costs those."""

_SOCKET = "pointers, references and the tuning of the connection"
UNREAD: dict[str, tuple[Collection[int], str]] = {
    **dict.fromkeys(("tcp", "tcp6"), (range(10, 99), _SOCKET)),
    **dict.fromkeys(("udp", "udp6", "udplite", "udplite6", "raw", "raw6", "icmp", "icmp6"), (range(10, 12), _SOCKET)),
    "eps": (range(5), "pointers, style and hash bucket"),
    "assocs": (range(6), "pointers, style and hash bucket"),
    "remaddr": (range(2, 7), "heartbeats, timers and retransmissions of a path"),
    "unix": (range(1), "a pointer"),
    "igmp": (range(2, 9), "of an interface: how many groups follow"),
    "dev_mcast": (range(2, 5), "users, whether they asked globally, and the address"),
    "ax25": (range(1), "a pointer"),
    "arp": ((1, 3), "the hardware's type, and its address while that is not known"),
    **dict.fromkeys(("ip_mr_cache", "ip6_mr_cache"), (range(3, 6), "counters, which mean nothing where unresolved")),
    "ip_masquerade": (range(8, 20), "of the header: free ports"),
}
"""Columns, counted from 0, in which a number is not read, or only in some rows; and what stands there."""


UNREAD_BEHIND = re.compile(rb"<->.*\t|use=$")
"""What stands before the tuning of an SCTP association, and before the references of a tracked connection."""


class Outcome(NamedTuple):
    """What a parser made of its sources."""

    records: list[dict[str, Any]]
    problems: list[Problem]
    rejected: list[str]


def content(tree: Path, source: Any) -> Any:
    """Read a source of a tree as the host would."""
    if isinstance(source, Directory):
        found = sorted(path for path in tree.glob(source.pattern[1:]) if path.is_file())
        return {f"/{path.relative_to(tree)}": path.read_bytes() for path in found} or None
    path = tree / source.path[1:] if source else tree
    return path.read_bytes() if path.is_file() else None


def outcome(feed: Feed, query: Query, contents: list[Any], checker: Checker) -> Outcome:
    """Parse, and hold what came against the schema."""
    records: list[dict[str, Any]] = []
    problems = []
    for piece in feed.parsed(About(asked_of(query), kernel_release="6.1"), contents):
        if isinstance(piece, Problem):
            problems.append(piece)
        elif not isinstance(piece, (Gap, Trait)):
            records += piece if isinstance(piece, (list, Batch)) else [piece]
    good, violations = checker.check(records, "feed", "plugin")
    return Outcome(good, problems, [str(one) for one in violations])


def takes(reader: Reader) -> Iterator[tuple[Feed, Query, list[Any]]]:
    """Each feed that reads files, with the query that makes it read them."""
    query = Query(tables=(reader.table,))
    for feed in reader.feeds:
        if feed.serves is not None and not feed.serves(asked_of(query)):
            continue
        needs = feed.needs(asked_of(query))
        if not any(need and isinstance(need.source, NetlinkDump) for need in needs):
            yield feed, query, needs


def lines_of(text: bytes) -> Iterator[tuple[int, bytes]]:
    """The first two lines and the last that have numbers, with their places."""
    found = [place for place, line in enumerate(text.split(b"\n")) if any(map(bytes.isdigit, TOKEN.findall(line)))]
    for place in dict.fromkeys([*found[:2], *found[-1:]]):
        yield place, text.split(b"\n")[place]


def is_verbatim(word: bytes, added: list[dict[str, Any]]) -> bool:
    """Whether the word stands in what was made of it as the text of an address or a name, and nowhere as a number."""
    text = word.decode()
    return all(text in str(one) and f"({text})" not in str(one) for one in added)


class Spoilt(NamedTuple):
    """A line with a wide number in one place."""

    place: int
    start: int
    word: bytes
    line: bytes

    @property
    def column(self) -> int:
        """The column of the number, or that which it is a part of."""
        before = self.line[: self.start]
        return len(before.split()) - (before != b"" and not before[-1:].isspace())


def spoilt_lines(text: bytes) -> Iterator[tuple[Spoilt, bytes]]:
    """Each way to spoil a file, and the file spoilt so."""
    for place, line in lines_of(text):
        for found in TOKEN.finditer(line):
            for word in WIDE:
                lines = text.split(b"\n")
                lines[place] = line[: found.start()] + word + line[found.end() :]
                yield Spoilt(place, found.start(), word, lines[place]), b"\n".join(lines)


def fault(label: tuple[str, str], spoilt: Spoilt, before: Outcome, after: Outcome) -> str:
    """What is wrong with what came of a line; nothing if it is a problem, and the other rows are what they were."""
    lost = [one for one in before.records if one not in after.records]
    added = [one for one in after.records if one not in before.records]
    problems = [one for one in after.problems if one not in before.problems]
    if after.rejected or label[0] in SATURATED:
        return "".join(after.rejected[:1])
    if problems:
        told = any((one.line, one.raw.rstrip()) == (spoilt.place + 1, spoilt.line.rstrip()) for one in problems)
        is_alone = label in SHARED or (len(lost) <= 1 and len(added) <= len(lost))
        return "" if told and is_alone else f"{problems}, lost {len(lost)}, added {len(added)}"
    if lost or added:
        return "" if is_verbatim(spoilt.word, added) else f"{spoilt} is no problem, but makes {added} of {lost}"
    columns = UNREAD.get(label[1], (range(0), ""))[0]
    is_unread = spoilt.column in columns or UNREAD_BEHIND.search(spoilt.line[: spoilt.start].lstrip())
    return "" if is_unread else f"{spoilt} changes nothing, and is no problem"


def sweep(offer: Offer) -> Iterator[str]:
    """Spoil each numeric column of some lines of each file in turn, and give what is wrong with each outcome."""
    checker = Checker(offer.reader)
    swept: Counter[str] = Counter()
    for feed, query, needs in takes(offer.reader):
        for contents in map(functools.partial(contents_of, needs), TREES):
            for at, source in enumerate([need and need.source for need in needs] if contents else ()):
                if isinstance(source, File) and contents[at] and swept[source.name] < MOST_TREES:
                    before = outcome(feed, query, contents, checker)
                    label = (offer.reader.name, source.name.rpartition("/")[2])
                    for spoilt, text in spoilt_lines(contents[at]):
                        after = outcome(feed, query, [*contents[:at], text, *contents[at + 1 :]], checker)
                        yield fault(label, spoilt, before, after)
                    swept[source.name] += any(lines_of(contents[at]))


def contents_of(needs: list[Need | None], tree: Path) -> list[Any]:
    """Read all sources of a tree; nothing where one is missing that the feed needs."""
    contents = [need and content(tree, need.source) for need in needs]
    needed = [text for need, text in zip(needs, contents, strict=True) if need and need.absence == REQUIRED]
    return contents if any(contents) and all(needed) else []


WITHOUT_NUMBERS = {
    "conntrack": "takes a folder, whose files have one number after the other",
    "statistics6_interfaces": "idem",
    "statistics6_tcp": "shows what is in other files",
    "ax25.interface": "shows names and addresses",
    "x25.forward": "no fixture has a row",
    "rules-inet": "reads a netlink dump alone",
    "rules-inet6": "idem",
    "settings": "reads files with one number each",
    "default-ip": "shows a word",
    "local_ports": "gives no record for what is no range, and a gap",
    "leases": "takes folders, whose files have times, words and messages",
}
"""Readers that the sweep finds nothing for, and why."""


@pytest.mark.parametrize("offer", OFFERS, ids=[offer.reader.name for offer in OFFERS])
def test_a_number_over_64_bits_is_a_problem_of_its_line(offer: Offer) -> None:
    """A number that no record can hold makes a problem of its line, whatever column it is in, and of no other."""
    faults = list(sweep(offer))
    assert bool(faults) is not (offer.reader.name in WITHOUT_NUMBERS)
    assert [found for found in faults if found][:3] == []
