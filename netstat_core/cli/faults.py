"""What a command says of broken plugins: a line each, once, and a status where somebody asked for what is lost."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import BinaryIO

from netstat_core.errors import PluginError
from netstat_core.escape import escape_unprintable
from netstat_core.host.discovery import Host
from netstat_core.host.plugins import Offer, guard_plugin_code
from netstat_core.plugin.outcomes import Gap, Problem
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.text import Complaint
from netstat_core.query import Query
from netstat_core.report.ledger import failure_gap
from netstat_core.report.run import Noted, Run

Complain = Callable[[Reader, Problem | Gap], "Complaint | None"]
"""A dialect's words for a problem or gap of a reader."""

COMMAND_STATUS = 2
"""The exit status of a command, other than of a display, where a broken plugin was asked for."""


class Diverted(io.TextIOBase):
    """Takes the place of standard output while plugins run: what they print is no part of a report."""

    def __init__(self, stderr: BinaryIO) -> None:
        self.buffer = stderr

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Write to standard error, where it does no harm."""
        self.buffer.write(escape_unprintable(text).encode("utf-8", "backslashreplace"))
        return len(text)


class Faults:
    """Tells of plugins, through ``say``, whatever was not told yet in this command."""

    def __init__(self, say: Callable[[str], None], program: str) -> None:
        self._say = say
        self._program = program
        self._told: set[str] = set()

    def tell(self, host: Host) -> None:
        """All that is wrong with plugins so far, and what else is to be told of them."""
        for one in host.broken:
            self.tell_line(f"{self._program}: {one}")
        self.tell_remarks(host)

    def tell_remarks(self, host: Host) -> None:
        """What is told of plugins that work."""
        for remark in host.remarks:
            self.tell_line(f"{self._program}: {remark}")

    def tell_line(self, line: str) -> None:
        """One line, unless it was told before."""
        if line not in self._told:
            self._told.add(line)
            self._say(line)

    def complaint(self, event: Noted, run: Run, host: Host) -> Complaint | None:
        """What is said of a gap that a plugin left; None for all else. No line is said twice in a command."""
        reader, trouble = event
        if not isinstance(trouble, Gap) or trouble.about != "plugin" or trouble.reason == "rejected":
            return None
        line = f"{self._program}: {trouble.source}: {trouble.detail}"
        is_new = line not in self._told
        self._told.add(line)
        names = run.offer_of(reader).names if reader else _claims(trouble, host)
        is_asked_for = is_missed(names, run.query, run.offers) or (reader and not names.isdisjoint(run.query.required))
        return Complaint(line if is_new else "", status=int(bool(is_asked_for)))

    def rejection(self, event: Noted) -> Complaint | None:
        """What is said of a record that was rejected: of each reader's the first is told."""
        reader, trouble = event
        if reader is None or not isinstance(trouble, Gap) or trouble.reason != "rejected":
            return None
        is_new = f"rejected {reader.name}" not in self._told
        self._told.add(f"rejected {reader.name}")
        return Complaint(f"{self._program}: {trouble.source}: {trouble.detail}" if is_new else "")

    def words(self, complain: Complain, event: Noted, run: Run, host: Host) -> Complaint | None:
        """What a layout says of a problem or gap; where its code fails, that is told in the place of it."""
        reader, trouble = event
        assert reader is not None
        try:
            with guard_plugin_code():
                return _as_complaint(complain(reader, trouble))
        except Exception as error:  # noqa: BLE001 - a stranger's layout
            gap = failure_gap(run.offer_of(reader).plugin.label, f"reader {reader.name!r}: layout: complain", error)
            return self.complaint(Noted(reader, run.ledger.note(gap, reader)), run, host)


def _as_complaint(given: object) -> Complaint | None:
    if given is None or isinstance(given, Complaint):
        return given
    raise PluginError(f"gave {type(given).__name__}, and no Complaint")


def _claims(gap: Gap, host: Host) -> frozenset[str]:
    return frozenset(
        name for one in host.broken if (one.source, one.reason) == (gap.source, gap.detail) for name in one.claims
    )


def lost_by(host: Host, query: Query) -> bool:
    """Whether a query names what a broken plugin would have given."""
    offers = host.offers(query.tables, query.families)
    return any(is_missed(one.claims, query, offers) for one in host.broken)


def is_missed(names: Iterable[str], query: Query, offers: Iterable[Offer]) -> bool:
    """Whether a query names something that only what has these names would give; ``offers`` are its readers."""
    asked = {*query.required, *query.families, *query.tables}
    given = {name for offer in offers if offer.plugin.is_own for name in offer.names}
    return not asked.difference(given).isdisjoint(names)
