"""Feeds: ways to fill a reader, each from some inputs by a parser."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import FunctionType, MethodType
from typing import Any, TypeVar, overload

from netstat_core.errors import PluginError
from netstat_core.plugin.asked import About, Asked
from netstat_core.plugin.outcomes import Gap, Problem, Trait
from netstat_core.plugin.records import Record
from netstat_core.plugin.sources import Input, Need
from netstat_core.plugin.values import Value, named

Parsed = Record | list[Record] | Problem | Trait | Gap
"""What a parser yields; lists of records come from parsers that make many at once."""

Outcome = Iterable[Parsed]

Serves = Callable[[Asked], bool]

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")

_CODE_TAKES_ANY = 0x04
"""CO_VARARGS: a function with ``*contents``."""


class Group(Input[Mapping[str, Any]]):
    """More inputs than a parser has parameters for: it gets one mapping from their names to their contents."""

    __slots__ = ("inputs",)

    def __init__(self, inputs: Mapping[str, Input[Any]]) -> None:
        self.inputs = dict(inputs)

    def need(self, asked: Asked) -> Need | None:  # noqa: ARG002 - it is none
        """A group is no source; a feed has it alone."""
        raise PluginError("a Group is the only input of its feed")


class Feed(Value, identity=True):
    """One way to fill a reader; made by :func:`feed`, which types it.

    ``names`` are those of a group's inputs, empty where the parser gets each content as an argument.
    """

    name: str = named(kw_only=False)
    inputs: tuple[Input[Any], ...]
    parse: Callable[..., Outcome]
    names: tuple[str, ...] = ()
    lacks: frozenset[str] = frozenset()
    serves: Callable[[Asked], bool] | None = None

    def check(self) -> None:
        """Inputs have to be some, and the parser must take as many arguments as it will get."""
        if not self.inputs:
            raise self._wrong("inputs", "there are none")
        for each in self.inputs:
            if not isinstance(each, Input) or isinstance(each, Group):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise self._wrong("inputs", f"must be sources, or made of one, not {each!r:.80}")
        number = 2 if self.names else 1 + len(self.inputs)
        if not _takes(self.parse, number):
            raise self._wrong("parse", f"must take {number} arguments: about, and {self._contents()}")

    def _contents(self) -> str:
        if self.names:
            return "a mapping of contents"
        return "a content" if len(self.inputs) == 1 else f"{len(self.inputs)} contents"

    def needs(self, asked: Asked) -> list[Need | None]:
        """The source of each input for what was asked for. Raises Refused where it cannot be served at all."""
        return [each.need(asked) for each in self.inputs]

    def parsed(self, about: About, contents: Sequence[Any]) -> Outcome:
        """What the parser makes of the contents of its inputs, in their order."""
        if self.names:
            return self.parse(about, dict(zip(self.names, contents, strict=True)))
        return self.parse(about, *contents)


def _takes(function: Callable[..., object], number: int) -> bool:
    """Whether a function can be called with so many positional arguments, as far as it can be told beforehand."""
    bound = 0
    if isinstance(function, MethodType):
        function, bound = function.__func__, 1
    if not isinstance(function, FunctionType):
        return True
    code = function.__code__
    least = code.co_argcount - len(function.__defaults__ or ())
    wanted = set(code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount])
    if wanted - set(function.__kwdefaults__ or ()):
        return False
    return least <= number + bound and (number + bound <= code.co_argcount or bool(code.co_flags & _CODE_TAKES_ANY))


@overload
def feed(
    name: str,
    first: Input[A],
    /,
    *,
    parse: Callable[[About, A], Outcome],
    lacks: Iterable[str] = (),
    serves: Serves | None = None,
) -> Feed: ...


@overload
def feed(
    name: str,
    first: Input[A],
    second: Input[B],
    /,
    *,
    parse: Callable[[About, A, B], Outcome],
    lacks: Iterable[str] = (),
    serves: Serves | None = None,
) -> Feed: ...


@overload
def feed(
    name: str,
    first: Input[A],
    second: Input[B],
    third: Input[C],
    /,
    *,
    parse: Callable[[About, A, B, C], Outcome],
    lacks: Iterable[str] = (),
    serves: Serves | None = None,
) -> Feed: ...


@overload
def feed(
    name: str,
    first: Input[A],
    second: Input[B],
    third: Input[C],
    fourth: Input[D],
    /,
    *,
    parse: Callable[[About, A, B, C, D], Outcome],
    lacks: Iterable[str] = (),
    serves: Serves | None = None,
) -> Feed: ...


def feed(
    name: str,
    /,
    *inputs: Input[Any],
    parse: Callable[..., Outcome],
    lacks: Iterable[str] = (),
    serves: Serves | None = None,
) -> Feed:
    """A way to fill a reader: up to four inputs, or one :class:`Group` of more, and the parser of their contents.

    ``parse(about, *contents)`` is pure and yields records, problems, traits and gaps in order. ``lacks`` names the
    record fields that it cannot know. ``serves`` says whether it is of use for what was asked for; always, without it.

    Raises PluginError for a parser that does not take as many arguments.
    """
    first = inputs[0] if len(inputs) == 1 else None
    names: tuple[str, ...] = ()
    if isinstance(first, Group):
        names, inputs = tuple(first.inputs), tuple(first.inputs.values())
    return Feed(name, inputs=inputs, parse=parse, names=names, lacks=frozenset(lacks), serves=serves)
