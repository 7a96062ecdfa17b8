"""What a parser yields besides records: problems, gaps, and traits of a source.

These are plain objects, since a damaged source may give hundreds of thousands of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    short word by which a layout recognises what its original would say.
    """

    __slots__ = ("code", "line", "raw", "reason", "source")

    def __init__(
        self, source: str, reason: str, raw: bytes = b"", line: int | None = None, code: str = "bogus"
    ) -> None:
        self.source = source
        self.reason = reason
        self.raw = raw
        self.line = line
        self.code = code


class Trait(_Outcome):
    """A fact about a source that text needs and no record holds, such as the absence of a column."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: Any = True) -> None:  # noqa: FBT002 - what most traits are
        self.name = name
        self.value = value


class Gap(_Outcome):
    """Something that could not be seen, and why: one entry of ``completeness``.

    ``reason`` is one of ``not_in_kernel``, ``permission``, ``raced``, ``broken_plugin``, ``rejected``,
    ``truncated``, ``narrower_capture``, ``no_reader`` or ``unreadable``; ``errno`` the kernel's number, 0 where there
    was none.
    The host fills in ``table``, ``reader`` and ``network_namespace``.
    """

    __slots__ = ("attempts", "count", "detail", "errno", "network_namespace", "reader", "reason", "source", "table")

    def __init__(  # noqa: PLR0913 - one for each key of an entry
        self,
        reason: str,
        source: str,
        detail: str,
        *,
        table: str | None = None,
        reader: str | None = None,
        errno: int = 0,
        attempts: tuple[str, ...] = (),
        count: int | None = None,
        network_namespace: NetworkNamespace | None = None,
    ) -> None:
        self.reason = reason
        self.source = source
        self.detail = detail
        self.table = table
        self.reader = reader
        self.errno = errno
        self.attempts = attempts
        self.count = count
        self.network_namespace = network_namespace
