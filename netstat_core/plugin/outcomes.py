"""What a parser yields besides records: problems, gaps, and traits of a source.

These are plain objects, since a damaged source may give hundreds of thousands of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from netstat_core.plugin.records import NetworkNamespace

if TYPE_CHECKING:
    from typing_extensions import Self


class _Outcome:
    """Equal to another of its class with the same content."""

    __slots__: tuple[str, ...] = ()

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        return type(self)(**{**{name: getattr(self, name) for name in self.__slots__}, **changes})

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # they may be changed

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"


class Problem(_Outcome):
    """A piece of a source that could not be parsed: which source, what it was, and why.

    ``line`` counts from 1 in the source, the header included; ``None`` where lines mean nothing. ``code`` is a
    short word by which a layout recognises what its original would say, ``field`` the name of the column or field
    that is wrong, where that is known.
    """

    __slots__ = ("code", "field", "line", "raw", "reason", "source")

    def __init__(  # noqa: PLR0913, PLR0917 - what one line of a file leaves to tell
        self,
        source: str,
        reason: str,
        raw: bytes = b"",
        line: int | None = None,
        code: str = "bogus",
        field: str | None = None,
    ) -> None:
        self.source = source
        self.reason = reason
        self.raw = raw
        self.line = line
        self.code = code
        self.field = field


class Trait(_Outcome):
    """A fact about a source that text needs and no record holds, such as the absence of a column."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: Any = True) -> None:  # noqa: FBT002 - what most traits are
        self.name = name
        self.value = value


Subject = Literal["source", "table", "owners", "namespaces", "plugin", "snapshot"]
"""What a gap is about.

A source that is one of several or not whole; a table, of which a reader could open nothing; the processes that hold
sockets; network namespaces that were not read; what a plugin would have given; all behind the damage in a snapshot.
"""

SUBJECTS: tuple[Subject, ...] = get_args(Subject)


class Attempt(NamedTuple):
    """A feed that was tried, and why it could not be used; ``errno`` is 0 where the kernel gave no number."""

    feed: str
    source: str
    reason: str
    detail: str
    errno: int = 0


class Gap(_Outcome):
    """Something that could not be seen, and why: one entry of ``completeness``.

    ``reason`` is one of ``not_in_kernel``, ``permission``, ``raced``, ``broken_plugin``, ``rejected``,
    ``truncated``, ``narrower_capture``, ``no_reader`` or ``unreadable``; ``about`` one of SUBJECTS; ``errno`` the
    kernel's number, 0 where there was none; ``detail`` is for people. The host fills in ``table``, ``reader``,
    ``attempts`` and ``network_namespace``; ``selector`` is what selected a namespace that was not read.
    """

    __slots__ = (
        *("about", "attempts", "count", "detail", "errno", "network_namespace"),
        *("reader", "reason", "selector", "source", "table"),
    )

    def __init__(  # noqa: PLR0913 - one for each key of an entry
        self,
        reason: str,
        source: str,
        detail: str,
        *,
        about: Subject = "source",
        table: str | None = None,
        reader: str | None = None,
        errno: int = 0,
        attempts: tuple[Attempt, ...] = (),
        count: int | None = None,
        network_namespace: NetworkNamespace | None = None,
        selector: str | None = None,
    ) -> None:
        if about not in SUBJECTS:
            raise ValueError(f"a gap is about one of {', '.join(SUBJECTS)}, not {about!r}")
        self.reason = reason
        self.source = source
        self.detail = detail
        self.about = about
        self.table = table
        self.reader = reader
        self.errno = errno
        self.attempts = attempts
        self.count = count
        self.network_namespace = network_namespace
        self.selector = selector
