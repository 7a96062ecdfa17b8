"""The text of masqueraded connections as netstat prints it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any

from netstat_core.plugin import Batch, Block, Complaint, Gap, Layout, Names, Problem, Record, Style
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


def _rows(style: Style, names: Names, traits: Mapping[str, Any]) -> Callable[[Batch], str]:
    """Return the formatter of translated connections; it prints the title before the first one, if there is any."""
    title = _TITLE + (_LONG_HEADER if style.extend else _HEADER)
    format_lines = _make_formatter(names, extended=bool(style.extend))

    def format_batch(batch: Batch) -> str:
        nonlocal title
        kinds = batch.column("nat")
        translated = batch.kept([kind != "none" for kind in kinds]) if "none" in kinds else batch
        if not translated or REFUSED in traits:
            return ""
        above, title = title, ""
        return above + format_lines(translated)

    return format_batch


def _make_formatter(names: Names, *, extended: bool) -> Callable[[Batch], str]:
    """Return the formatter of lines: the original direction, and in parentheses the port that replies are sent to."""

    def show_hosts(directions: Sequence[Record], field: str) -> Iterable[str]:
        addresses = [direction[field] for direction in directions]
        return map(names.host, addresses) if names.resolves_hosts else addresses

    def show_ports(directions: Sequence[Record], field: str, protocols: Sequence[str]) -> Iterable[object]:
        ports = [direction[field] or 0 for direction in directions]
        return map(names.port, ports, protocols) if names.resolves_ports else [port or "*" for port in ports]

    def format_lines(batch: Batch) -> str:
        protocols, originals, replies = batch.column("protocol"), batch.column("original"), batch.column("reply")
        if names.resolves_hosts:
            names.expect_hosts(_iterate_hosts(originals))
        columns = zip(
            *(protocols, map(_format_time, batch.column("expires_seconds"))),
            map(_format_sequence, batch.read_only()) if extended else repeat(""),
            *(show_hosts(originals, "source_address"), show_hosts(originals, "destination_address")),
            *(show_ports(originals, field, protocols) for field in ("source_port", "destination_port")),
            show_ports(replies, "destination_port", protocols),
            strict=False,  # without sequence numbers, one text stands for all
        )
        return "".join(
            [
                f"{protocol:<4}{time} {sequence}{source:<20} {target:<20} {port} -> {target_port} ({masked})\n"
                for protocol, time, sequence, source, target, port, target_port, masked in columns
            ]
        )

    return format_lines


def _iterate_hosts(originals: Sequence[Record]) -> Iterator[str]:
    for original in originals:
        yield original["source_address"]
        yield original["destination_address"]


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
