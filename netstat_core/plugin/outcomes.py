"""What a parser yields besides records: problems, traits and gaps.

These are plain objects and not checked, since a damaged source may yield hundreds of thousands of them.
"""

# Annotations are evaluated: as text, typing would compile each field's, which a start takes long for.

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from netstat_core.plugin.records import NetworkNamespace

if TYPE_CHECKING:
    from typing_extensions import Self


class _Outcome:
    """Base class: equal to another object of its class with equal fields."""

    __slots__: tuple[str, ...] = ()

    def replace(self, **changes: Any) -> "Self":
        """Return a copy with some fields changed."""
        return type(self)(**{**{name: getattr(self, name) for name in self.__slots__}, **changes})

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # they may be changed

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"


class Problem(_Outcome):
    """A piece of a source that could not be parsed, such as a malformed line; parsing goes on behind it.

    ``source`` is the input's ``name``, ``reason`` a short phrase for people, ``raw`` the bytes in question. ``line``
    counts from 1, the header included; ``None`` if the source has no lines. ``code`` is a word by which
    ``Layout.complain`` recognises the case; ``field`` names the column or field that is wrong, if known.
    """

    __slots__ = ("code", "field", "line", "raw", "reason", "source")

    def __init__(  # noqa: PLR0913, PLR0917 - one for each key of an entry
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
    """A fact about a source that layouts need and no record holds, such as the absence of a column.

    ``Layout.rows`` and ``Block.heading`` get a reader's traits as a mapping from ``name`` to ``value``. Yield traits
    that a heading needs before the first record.
    """

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: Any = True) -> None:  # noqa: FBT002 - most traits are flags
        self.name = name
        self.value = value


Subject = Literal["source", "field", "table", "owners", "namespaces", "plugin", "snapshot", "report"]
"""What a gap is about.

* ``source``: one of a reader's sources is missing or incomplete
* ``field``: a field that was asked for by name, and that the sources in use do not have
* ``table``: a reader could open none of its sources
* ``owners``: processes that hold sockets
* ``namespaces``: network namespaces that were not read
* ``plugin``: what a broken plugin would have given
* ``snapshot``: everything after the damage in a snapshot
* ``report``: everything after the error that ended the report
"""

SUBJECTS: tuple[Subject, ...] = get_args(Subject)


class Attempt(NamedTuple):
    """A feed that could not be used. ``reason``, ``detail`` and ``errno`` are those of :class:`Gap`."""

    feed: str
    source: str
    reason: str
    detail: str
    errno: int = 0


class Gap(_Outcome):
    """Something that could not be read, and why: one entry of ``completeness`` in a report.

    ``reason`` is one of ``not_in_kernel``, ``permission``, ``raced``, ``broken_plugin``, ``rejected``,
    ``truncated``, ``narrower_capture``, ``no_reader``, ``damaged`` or ``unreadable``. ``source`` is the input's
    ``name``, ``detail`` is for people, ``errno`` the kernel's error number or 0, ``count`` the number of missing things
    if known. A parser yields gaps about ``source`` or ``table`` only. The host fills in ``table``, ``reader``,
    ``attempts``, ``network_namespace`` and ``selector``, which selected a namespace that was not read.

    Raises ValueError for an ``about`` that is not a :data:`Subject`: ``source``, ``field``, ``table``, ``owners``,
    ``namespaces``, ``plugin``, ``snapshot`` or ``report``.
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
