"""netstat's text for statistics: a title for each section, a line for each counter worth telling."""

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

REFUSED = "families"
"""The code of the problem that netstat has no statistics for the families asked for."""

_SPOKEN_FAMILY = {"/proc/net/snmp": None, "/proc/net/snmp6": "inet6"}
"""The files whose absence is told, and the family that must have been asked for."""


def reads_as_text(query: Query) -> bool:
    """Whether the records are to be shown as netstat's text, which knows fewer sections."""
    return query.fields is not None


def is_admitted(section: str, protocols: Sequence[str]) -> bool:
    """Whether a section is shown when these protocols, or none, were named."""
    known = SECTIONS.get(section)
    return not protocols or known is None or known.protocol in protocols


class Printer:
    """Prints sections one after the other; where a histogram goes on depends on what was printed last."""

    def __init__(self, protocols: Sequence[str]) -> None:
        self._protocols = protocols
        self._shown = ALWAYS

    def section(self, title: str, counters: Iterable[tuple[str, int, str]]) -> str:
        """A section's lines, from name, number and a remark for the end of the line."""
        known = SECTIONS.get(title)
        if known is not None:
            self._shown = ALWAYS
        if not is_admitted(title, self._protocols):
            return ""
        labels = known.labels if known else {}
        lines = [self._line(labels.get(name), name, number, remark) for name, number, remark in counters]
        return f"{printable(title)}:\n" + "".join(lines)

    def _line(self, label: Label | None, name: str, number: int, remark: str) -> str:
        if label is None:
            return f"{self._shown.indent}{printable(name)}: {number}{remark}\n" if number else ""
        shown, text = label
        heading = self._enter(shown)
        if not (shown.ever and (number or shown.zero)):
            return heading
        return f"{heading}{shown.indent}{text.format(number)}{remark}\n"

    def _enter(self, shown: Shown) -> str:
        """The heading of a histogram that begins here, indented as what stands before it."""
        before, self._shown = self._shown, shown
        return f"{before.indent}{shown.heading}\n" if shown.heading not in (None, before.heading) else ""


def unsigned(value: int | None) -> int:
    """A counter as netstat prints it: 64 bits without a sign, an unknown one as 0."""
    return (value or 0) & GREATEST_INTEGER


def _rows(style: Style, _names: Names, _traits: Mapping[str, Any]) -> Callable[[Sequence[Record]], str]:
    printer = Printer(style.query.protocols)

    def lines(batch: Sequence[Record]) -> str:
        return "".join(
            printer.section(
                record["section"], ((name, unsigned(value), "") for name, value in record["counters"].items())
            )
            for record in batch
        )

    return lines


def _shown(query: Query) -> Callable[[Record], bool] | None:
    """The sections asked for; text needs them all, since a section that is not shown ends a histogram too."""
    if reads_as_text(query) or not query.protocols:
        return None
    return lambda record: is_admitted(record["section"], query.protocols)


def _complain(trouble: Problem | Gap, style: Style) -> Complaint | None:
    if isinstance(trouble, Problem):
        if trouble.code == REFUSED:
            return Complaint(trouble.reason, on_stdout=True, ends_run=True, status=1)
        return Complaint(f"Problem while parsing {trouble.source}") if trouble.code == UNPAIRED else None
    if trouble.reason == "raced" or trouble.source not in _SPOKEN_FAMILY:
        return None
    family = _SPOKEN_FAMILY[trouble.source]
    if family is not None and family not in style.query.families:
        return None
    return Complaint(f"cannot open {trouble.source}: {trouble.detail}", ends_run=True)


def refusal(query: Query) -> Problem | Gap | None:
    """What stands in the way of statistics for the families asked for: netstat shows those of one IP version."""
    families = ",".join(query.families)
    if reads_as_text(query):
        if families in ("", "inet", "inet6"):
            return None
        reason = f"netstat: No statistics support for specified address family: {families}"
        return Problem("statistics", reason, code=REFUSED)
    if not families or "inet" in query.families or "inet6" in query.families:
        return None
    return Gap("not_in_kernel", "statistics", f"the kernel keeps none for {families}")


BLOCK = Block("statistics", heading=lambda _query, _traits: "")
LAYOUT = Layout(
    block=BLOCK, rows=_rows, needs=lambda _query: frozenset({"section", "counters"}), shown=_shown, complain=_complain
)
