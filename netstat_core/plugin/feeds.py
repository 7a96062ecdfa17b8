"""Feeds: the ways in which a reader gets its records, each from some inputs by a parser."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import FunctionType, MethodType
from typing import Any, TypeVar, overload

from netstat_core.errors import PluginError
from netstat_core.plugin.asked import About, Asked
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.outcomes import Gap, Problem, Trait
from netstat_core.plugin.records import Record
from netstat_core.plugin.sources import Input, Need
from netstat_core.plugin.values import Value, name_field

Parsed = Record | list[Record] | Batch | Problem | Trait | Gap
"""What a parser yields: a record, many as a list or a batch (cheaper), a problem, a trait or a gap."""

Outcome = Iterable[Parsed]

Serves = Callable[[Asked], bool]

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")

_CODE_TAKES_ANY = 0x04
"""CO_VARARGS, the bit of ``code.co_flags`` of a function with ``*contents``."""


class Group(Input[Mapping[str, Any]]):
    """The only input of a feed whose parser takes one mapping from the names of inputs to their contents.

    For parsers of more than four inputs: ``feed("procfs", Group({"snmp": SNMP, "stat": STAT}), parse=parse)``.
    """

    __slots__ = ("inputs",)

    def __init__(self, inputs: Mapping[str, Input[Any]]) -> None:
        self.inputs = dict(inputs)

    def need(self, asked: Asked) -> Need | None:  # noqa: ARG002 - always an error
        """Raise PluginError: :func:`feed` unpacks a group, which must be its only input."""
        raise PluginError("a Group must be the only input of its feed")


class Feed(Value, identity=True):
    """One way to get a reader's records. Create it with :func:`feed`, which also checks its types.

    ``names`` are the keys of a :class:`Group`; they are empty if the parser gets each content as an argument.
    """

    name: str = name_field(kw_only=False)
    inputs: tuple[Input[Any], ...]
    parse: Callable[..., Outcome]
    names: tuple[str, ...] = ()
    lacks: frozenset[str] = frozenset()
    serves: Callable[[Asked], bool] | None = None

    def check(self) -> None:
        """Raise PluginError if there are no inputs, or if the parser does not take as many arguments as it will get."""
        if not self.inputs:
            raise self._field_error("inputs", "must not be empty")
        for each in self.inputs:
            if not isinstance(each, Input) or isinstance(each, Group):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise self._field_error("inputs", f"must be inputs such as File, not {each!r:.80}")
        number = 2 if self.names else 1 + len(self.inputs)
        if not _accepts(self.parse, number):
            raise self._field_error("parse", f"must take {number} arguments: about and {self._describe_contents()}")

    def _describe_contents(self) -> str:
        if self.names:
            return "a mapping of contents"
        return "one content" if len(self.inputs) == 1 else f"{len(self.inputs)} contents"

    def needs(self, asked: Asked) -> list[Need | None]:
        """Return what each input needs for a request, ``None`` for inputs it does not need. Raises ``Refused``."""
        return [each.need(asked) for each in self.inputs]

    def parsed(self, about: About, contents: Sequence[Any]) -> Outcome:
        """Call the parser with the contents of the inputs, in the order of ``inputs``, and return what it yields."""
        if self.names:
            return self.parse(about, dict(zip(self.names, contents, strict=True)))
        return self.parse(about, *contents)


def _accepts(function: Callable[..., object], number: int) -> bool:
    """True if a function can be called with ``number`` positional arguments; also true if that cannot be determined."""
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
    """Declare one way to get a reader's records: up to four inputs, or one :class:`Group`, and their parser.

    ``name`` says where the records come from (``procfs``, ``netlink``); ``--source`` selects feeds by it.
    ``parse(about, *contents)`` gets an :class:`About` and the content of each input, and yields records, problems,
    traits and gaps in order. It must be pure: same contents, same result. ``lacks`` names the record fields that this
    feed cannot provide. ``serves(asked)`` returns false if the feed is of no use for a request; without it, the feed
    serves all. The host takes a reader's feeds in order, those that lack a needed field last; a feed whose sources
    cannot be read gives way to the next.

    Raises PluginError if there is no input, or if the parser does not take as many arguments as there are contents.
    """
    first = inputs[0] if len(inputs) == 1 else None
    names: tuple[str, ...] = ()
    if isinstance(first, Group):
        names, inputs = tuple(first.inputs), tuple(first.inputs.values())
    return Feed(name, inputs=inputs, parse=parse, names=names, lacks=frozenset(lacks), serves=serves)
