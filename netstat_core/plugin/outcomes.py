"""What a parser yields besides records: problems, gaps, and traits of a source."""

from __future__ import annotations

from typing import Any, NamedTuple

from netstat_core.plugin.records import NetworkNamespace


class Problem(NamedTuple):
    """A piece of a source that could not be parsed: which source, what it was, and why.

    ``line`` counts from 1 in the source, the header included; ``None`` where lines mean nothing. ``code`` is a
    short word by which a layout recognises what its original would say.
    """

    source: str
    reason: str
    raw: bytes = b""
    line: int | None = None
    code: str = "bogus"


class Trait(NamedTuple):
    """A fact about a source that text needs and no record holds, such as the absence of a column."""

    name: str
    value: Any = True


class Gap(NamedTuple):
    """Something that could not be seen, and why: one entry of ``completeness``.

    ``reason`` is one of ``not_in_kernel``, ``permission``, ``raced``, ``broken_plugin``, ``rejected``,
    ``truncated``, ``narrower_capture`` or ``unreadable``; ``errno`` the kernel's number, 0 where there was none.
    The host fills in ``table``, ``reader`` and ``network_namespace``.
    """

    reason: str
    source: str
    detail: str
    table: str | None = None
    reader: str | None = None
    errno: int = 0
    attempts: tuple[str, ...] = ()
    count: int | None = None  # type: ignore[assignment]  # an entry's word, not tuple.count
    network_namespace: NetworkNamespace | None = None
