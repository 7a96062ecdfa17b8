"""The text of statistics as netstat prints it: a title for each section and a line for each counter that is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from netstat_core.plugin import (
    GREATEST_INTEGER,
    Block,
    Complaint,
    Gap,
    Layout,
    Names,
    Problem,
    Query,
    Record,
    Style,
    printable,
)
from netstat_snmp.net_tools_labels import ALWAYS, SECTIONS, Label, Shown
from netstat_snmp.proc_snmp import UNPAIRED

_SPOKEN_FAMILY = {"statistics": None, "statistics6": "inet6", "statistics6_tcp": None}
"""The readers whose missing file is reported, and the family that must have been asked for by name, if any."""


def is_admitted(section: str, protocols: Sequence[str]) -> bool:
    """Return whether a section is shown for these protocols; without protocols every section is."""
    known = SECTIONS.get(section)
    return not protocols or known is None or known.protocol in protocols


class Formatter:
    """Formats sections one after the other; whether a histogram continues depends on the section before."""

    def __init__(self, protocols: Sequence[str]) -> None:
        self._protocols = protocols
        self._shown = ALWAYS

    def format_section(self, title: str, counters: Iterable[tuple[str, int, str]]) -> str:
        """Return the lines of a section; ``counters`` are name, number, and a remark for the end of the line."""
        known = SECTIONS.get(title)
        if known is not None:
            self._shown = ALWAYS
        if not is_admitted(title, self._protocols):
            return ""
        labels = known.labels if known else {}
        lines = [self._format_line(labels.get(name), name, number, remark) for name, number, remark in counters]
        return f"{printable(title)}:\n" + "".join(lines)

    def _format_line(self, label: Label | None, name: str, number: int, remark: str) -> str:
        if label is None:
            return f"{self._shown.indent}{printable(name)}: {number}{remark}\n" if number else ""
        shown, text = label
        heading = self._enter_histogram(shown)
        if not (shown.ever and (number or shown.zero)):
            return heading
        return f"{heading}{shown.indent}{text.format(number)}{remark}\n"

    def _enter_histogram(self, shown: Shown) -> str:
        """Return the heading of a histogram that starts here, indented like the line before it, else nothing."""
        before, self._shown = self._shown, shown
        return f"{before.indent}{shown.heading}\n" if shown.heading not in (None, before.heading) else ""


def unsigned(value: int | None) -> int:
    """Return a counter as netstat prints it: as 64 bits without a sign, and 0 if it is unknown."""
    return (value or 0) & GREATEST_INTEGER


def _rows(style: Style, _names: Names, _traits: Mapping[str, Any]) -> Callable[[Sequence[Record]], str]:
    formatter = Formatter(style.query.protocols)

    def format_batch(batch: Sequence[Record]) -> str:
        return "".join(
            formatter.format_section(
                record["section"], ((name, unsigned(value), "") for name, value in record["counters"].items())
            )
            for record in batch
        )

    return format_batch


def _shown(query: Query) -> Callable[[Record], bool] | None:
    """Return the rule that shows only the sections of the protocols asked for."""
    if not query.protocols:
        return None
    return lambda record: is_admitted(record["section"], query.protocols)


def _complain(trouble: Problem | Gap, style: Style) -> Complaint | None:
    if isinstance(trouble, Problem):
        return Complaint(f"Problem while parsing {trouble.source}") if trouble.code == UNPAIRED else None
    if trouble.about != "table" or trouble.reader not in _SPOKEN_FAMILY:
        return None
    family = _SPOKEN_FAMILY[trouble.reader]
    if family is not None and family not in style.query.families:
        return None
    return Complaint(f"cannot open {trouble.source}: {trouble.detail}", ends_run=True)


BLOCK = Block("statistics", heading=lambda _query, _traits: "")
LAYOUT = Layout(
    block=BLOCK,
    rows=_rows,
    needs=lambda _query: frozenset({"section", "counters"}),
    shown=_shown,
    hides=True,  # a section that is not shown ends a histogram too
    complain=_complain,
)
LAYOUT6 = LAYOUT.replace(used=lambda query: query.families == ("inet6",))
"""The layout of IPv6 counters, which text shows only if IPv6 was asked for."""
