"""The text of masqueraded connections as netstat prints it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from netstat_core.plugin import Block, Complaint, Gap, Layout, Names, Problem, Record, Style
from netstat_masq.proc_ip_masquerade import EMPTY, MALFORMED, REFUSED, UNKNOWN
from netstat_masq.record import NO_CONNECTION

_TITLE = "IP masquerading entries\n"
_HEADER = "prot   expire source               destination          ports\n"
_LONG_HEADER = "prot   expire    initseq delta prevd source               destination          ports\n"
_NO_TIME = "-".rjust(9)
_FATAL = {
    MALFORMED: "masq_info.c: Internal Error `ip_masquerade format error'.",
    UNKNOWN: "masq_info.c: Internal Error `ip_masquerade unknown type'.",
    EMPTY: "masq_info: Internal Error `fgets() failed'.",
}


def _needs(_style: Style) -> frozenset[str]:
    """Return the fields that rows use, except sequence numbers: only ip_masquerade has them."""
    return frozenset({"protocol", "original", "reply", "expires_seconds", "nat"})


def _rows(style: Style, names: Names, traits: Mapping[str, Any]) -> Callable[[Sequence[Record]], str]:
    """Return the formatter of translated connections; it prints the title before the first one, if there is any."""
    title = _TITLE + (_LONG_HEADER if style.extend else _HEADER)
    format_line = _make_line_formatter(names, extended=bool(style.extend))

    def format_batch(batch: Sequence[Record]) -> str:
        nonlocal title
        translated = [record for record in batch if record["nat"] != "none"]
        if not translated or REFUSED in traits:
            return ""
        names.expect_hosts(_iterate_hosts(translated))
        above, title = title, ""
        return above + "".join(map(format_line, translated))

    return format_batch


def _iterate_hosts(batch: Sequence[Record]) -> Iterator[str]:
    for record in batch:
        yield record["original"]["source_address"]
        yield record["original"]["destination_address"]


def _make_line_formatter(names: Names, *, extended: bool) -> Callable[[Record], str]:
    """Return the formatter of a line: the original direction, and in parentheses the port that replies are sent to."""
    host, port = names.host, names.port

    def format_line(record: Record) -> str:
        original, protocol = record["original"], record["protocol"]
        return (
            f"{protocol:<4}{_format_time(record['expires_seconds'])} {_format_sequence(record) if extended else ''}"
            f"{host(original['source_address']):<20} {host(original['destination_address']):<20} "
            f"{port(original['source_port'] or 0, protocol)} -> {port(original['destination_port'] or 0, protocol)} "
            f"({port(record['reply']['destination_port'] or 0, protocol)})\n"
        )

    return format_line


@lru_cache
def _format_time(seconds: float | None) -> str:
    """Format a time as minutes, seconds and hundredths."""
    if seconds is None:
        return _NO_TIME
    minutes, hundredths = divmod(round(seconds * 100), 6000)
    return f"{minutes:>3}:{hundredths // 100:02}.{hundredths % 100:02}"


def _format_sequence(record: Record) -> str:
    previous = record["previous_delta"]
    shown = "-" if previous is None else previous
    return f"{record['initial_sequence'] or 0:>10} {record['delta'] or 0:>5} {shown:>5} "


def _complain(trouble: Problem | Gap, _style: Style) -> Complaint | None:
    """Word netstat's complaints about bad lines of ip_masquerade and about a kernel without any of the sources.

    A source that cannot be read for another reason is reported as netstat does for any file.
    """
    if isinstance(trouble, Problem):
        fatal = _FATAL.get(trouble.code)
        if fatal is not None:
            return Complaint(fatal, ends_run=True, status=255)
        return Complaint("warning, got bogus conntrack line.") if trouble.code == NO_CONNECTION else None
    if trouble.reason == "not_in_kernel":
        return Complaint("netstat: no support for `ip_masquerade' on this system.", ends_run=True, status=1)
    return Complaint(f"{trouble.source}: {trouble.detail}", ends_run=True, status=255)


LAYOUT = Layout(
    block=Block("masquerade", heading=lambda _query, _traits: "", when_absent=False),
    rows=_rows,
    needs=_needs,
    complain=_complain,
)
