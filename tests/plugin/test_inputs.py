"""Feeds when they are run: what is refused, and what parsers are given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pytest

from netstat_core.errors import PluginError
from netstat_core.plugin import About, Asked, Directory, File, Group, NetlinkDump, Record, feed, from_asked, sock_diag
from netstat_core.plugin.sources import EITHER, NOTED, OPTIONAL, REQUIRED, Need

A, B = File("/proc/net/a"), File("/proc/net/b")


def of_one(_about: About, content: bytes) -> Iterator[Record]:
    """Give the one content."""
    yield {"contents": (content,)}


def of_any(_about: About, *contents: bytes) -> Iterator[Record]:
    """Give all contents."""
    yield {"contents": contents}


def of_nothing() -> list[Any]:
    """Give nothing of nothing."""
    return []


def of_keyword(_about: About, content: bytes, *, needed: int) -> list[Any]:
    """Give nothing, where something else is given too."""
    return [content, needed]


class Parser:
    """A parser that is a method, or an object."""

    def parse(self, _about: About, content: bytes) -> Iterator[Record]:
        """Give the one content."""
        yield {"contents": (content,)}

    def __call__(self, about: About, content: bytes) -> Iterator[Record]:
        """Parse."""
        return self.parse(about, content)


@pytest.mark.parametrize("parse", [of_one, of_any, Parser().parse, Parser(), partial(of_any)])
def test_parsers_that_fit_are_taken(parse: Callable[..., Any]) -> None:
    """Functions, methods and whatever can be called get one content for each input."""
    made = feed("a", A, parse=parse)
    assert list(made.parsed(About(), [b"x"])) == [{"contents": (b"x",)}]


@pytest.mark.parametrize("parse", [of_nothing, of_keyword, lambda _about: (), Parser.parse])
def test_parsers_of_wrong_arity_are_refused(parse: Callable[..., Any]) -> None:
    """A parser that does not take what it will be given is refused when it is declared, in one line that names it."""
    with pytest.raises(PluginError) as raised:
        feed("a", A, parse=parse)
    assert str(raised.value) == "Feed 'a': parse: must take 2 arguments: about and one content"


def test_parsers_of_more_inputs_are_counted() -> None:
    """The line tells how many contents there are, and that a group is one mapping."""
    loose: Any = feed
    with pytest.raises(PluginError, match="must take 3 arguments: about and 2 contents"):
        loose("a", A, B, parse=of_one)
    with pytest.raises(PluginError, match="must take 2 arguments: about and a mapping of contents"):
        loose("a", Group({"a": A}), parse=of_nothing)


@pytest.mark.parametrize("inputs", [(), ("/proc/net/a",), (None,), (A, Group({"b": B}))])
def test_feeds_need_inputs(inputs: tuple[Any, ...]) -> None:
    """A feed without inputs, or with something else among them, is refused in one line."""
    loose: Any = feed
    with pytest.raises(PluginError, match=r"^Feed 'a': inputs: [^\n]*$"):
        loose("a", *inputs, parse=of_any)


def test_groups_are_one_mapping() -> None:
    """A parser of a group gets a mapping from the names to the contents, in their order."""
    taken: list[Mapping[str, Any]] = []

    def parse(_about: About, contents: Mapping[str, Any]) -> list[Record]:
        taken.append(contents)
        return []

    made = feed("a", Group({"first": A, "second": B.optional}), parse=parse)
    assert [need and need.source for need in made.needs(Asked())] == [A, B]
    list(made.parsed(About(), [b"x", None]))
    assert taken == [{"first": b"x", "second": None}]


def test_inputs_say_what_they_need() -> None:
    """An input gives its source and what its absence means; rules decide by what was asked for whether there is one."""
    inet = Asked(families=("inet",))
    assert A.need(inet) == Need(A, absence=REQUIRED)
    assert [each.need(inet) for each in (A.optional, A.noted, A.either)] == [
        Need(A, absence=OPTIONAL),
        Need(A, absence=NOTED),
        Need(A, absence=EITHER),
    ]
    wants_inet6 = A.noted.when(lambda asked: asked.serves_family("inet6"))
    assert wants_inet6.need(inet) is None
    assert wants_inet6.need(Asked()) == Need(A, absence=NOTED)
    made = from_asked(lambda asked: Directory(f"/proc/net/{asked.show}/*"))
    assert made.optional.need(inet) == Need(Directory("/proc/net/all/*"), absence=OPTIONAL)


def test_sockets_of_a_family_are_a_dump() -> None:
    """A request for a family's sockets is one for sock_diag, with family and protocol before the rest."""
    dump = sock_diag("sock_diag/packet", 17, protocol=3, request=b"rest", inode_at=8)
    assert dump == NetlinkDump("sock_diag/packet", protocol=4, type=20, body=b"\x11\x03rest", inode_at=8)
