"""Feeds, as type checkers see them: a parser that does not fit its inputs is an error on its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typed import CHECKERS, mistaken

DECLARED = """
from __future__ import annotations
from collections.abc import Iterator, Mapping
from typing import Any
from netstat_core.plugin import (
    LINKS, About, Asked, Column, Datagrams, Directory, File, Group, Input, NetlinkDump, OwnerColumn, Problem, Record,
    feed, from_asked, sock_diag,
)

def one(_about: About, content: bytes) -> Iterator[Record | Problem]:
    yield {"length": len(content)}

def maybe(_about: About, content: bytes | None) -> Iterator[Record]:
    yield {"length": len(content or b"")}

def two(_about: About, content: bytes, other: bytes) -> Iterator[Record]:
    yield {"length": len(content) + len(other)}

def folder(_about: About, contents: Mapping[str, bytes]) -> Iterator[Record]:
    yield {"files": [*contents]}

def dumps(_about: About, sockets: Datagrams, links: Datagrams | None) -> Iterator[Record]:
    yield {"datagrams": len(list(sockets)), "links": links is None}

def four(_about: About, a: bytes, b: bytes, c: bytes | None, d: Datagrams) -> Iterator[Record]:
    yield {"length": len(a) + len(b) + len(c or b"") + len(list(d))}

def many(_about: About, contents: Mapping[str, Any]) -> Iterator[Record]:
    yield {"names": [*contents]}

def text(_about: About, content: str) -> Iterator[Record]:
    yield {"text": content}

def no_records(_about: About, content: bytes) -> Iterator[int]:
    yield len(content)

def made(asked: Asked) -> File:
    return File("/proc/net/x" if asked.wants("x") else "/proc/net/y")

A, B = File("/proc/net/a"), File("/proc/net/b")
D = sock_diag("sock_diag/packet", 17, request=bytes(18))
"""

RIGHT = """
feed("a", A, parse=one)
feed("a", A, parse=maybe, lacks=("x",))
feed("a", A.optional, parse=maybe)
feed("a", A.when(lambda asked: asked.serves_family("x")), parse=maybe)
feed("a", A, B, parse=two)
feed("a", Directory("/proc/net/x/*"), parse=folder)
feed("a", from_asked(made), parse=one, serves=lambda asked: asked.show == "all")
feed("a", D, LINKS.optional, parse=dumps)
feed("a", A, B, A.noted, NetlinkDump("x", protocol=0, type=18, body=b""), parse=four)
feed("a", Group({"a": A, "b": B.optional, "c": D}), parse=many)
columns = (Column("A", field="a", align="right", name="host"), OwnerColumn())
given: Input[bytes | None] = A.either
"""

WRONG = {
    "a parser of too few contents": 'feed("a", A, B, parse=one)',
    "a parser of too many contents": 'feed("a", A, parse=two)',
    "a parser that cannot take what may be absent": 'feed("a", A.optional, parse=one)',
    "a parser that cannot take what may not be read": 'feed("a", A.when(lambda asked: True), parse=one)',
    "a parser of text": 'feed("a", A, parse=text)',
    "a parser of a file for a directory": 'feed("a", Directory("/proc/net/x/*"), parse=one)',
    "a parser of a file for a dump": 'feed("a", D, parse=one)',
    "a parser that yields no records": 'feed("a", A, parse=no_records)',
    "a parser of one of a group": 'feed("a", Group({"a": A}), parse=two)',
    "no input": 'feed("a", parse=one)',
    "five inputs": 'feed("a", A, A, A, A, A, parse=many)',
    "a path for an input": 'feed("a", "/proc/net/a", parse=one)',
    "no parser": 'feed("a", A)',
    "a rule that needs a query": "A.when(lambda asked: asked.tables == ())",
    "a keyword that is none": 'feed("a", A, parse=one, lack=("x",))',
}


@pytest.mark.parametrize("checker", CHECKERS)
def test_checkers_find_parsers_that_do_not_fit(checker: str, tmp_path: Path) -> None:
    """A strict checker has an error on each line that is wrong, and on no other."""
    assert mistaken(checker, tmp_path, DECLARED + RIGHT, WRONG) == set(WRONG)
