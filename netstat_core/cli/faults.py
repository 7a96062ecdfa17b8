"""Report broken plugins: one line each, and an exit status if the command names something they provide."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netstat_core.errors import PluginError
from netstat_core.escape import escape_line
from netstat_core.host.discovery import Host
from netstat_core.host.plugins import Offer, guard_plugin_code
from netstat_core.plugin.outcomes import Gap, Problem
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.text import Complaint
from netstat_core.query import Query
from netstat_core.report.ledger import failure_gap
from netstat_core.report.run import Noted, Run

Complain = Callable[[Reader, Problem | Gap], "Complaint | None"]
"""Returns a dialect's message for a problem or gap of a reader."""

COMMAND_STATUS = 2
"""Exit status of a command such as ``capture`` that names something only a broken plugin provides; displays have 1."""


class Faults:
    """Prints messages about plugins with ``say``, each once in a command."""

    def __init__(self, say: Callable[[str], None], program: str) -> None:
        self._say = say
        self._program = program
        self._printed: set[str] = set()

    def print_faults(self, host: Host) -> None:
        """Print the errors of broken plugins found so far, then the remarks about working ones."""
        for broken in host.broken:
            self.print_line(f"{self._program}: {broken}")
        self.print_remarks(host)

    def print_remarks(self, host: Host) -> None:
        """Print the remarks about working plugins."""
        for remark in host.remarks:
            self.print_line(f"{self._program}: {remark}")

    def print_line(self, line: str) -> None:
        """Print a line unless it was printed before; what would end it is escaped."""
        line = escape_line(line)
        if line not in self._printed:
            self._printed.add(line)
            self._say(line)

    def complain_of_plugin(self, event: Noted, run: Run, host: Host) -> Complaint | None:
        """Return the message for a gap that a plugin left, without text if it was printed before; None for others."""
        reader, trouble = event
        # said elsewhere, or asked for
        is_known = isinstance(trouble, Gap) and trouble.reason in ("rejected", "no_reader")
        if not isinstance(trouble, Gap) or trouble.about != "plugin" or is_known:
            return None
        line = f"{self._program}: {trouble.source}: {trouble.detail}"
        is_new = line not in self._printed
        self._printed.add(line)
        names = run.offer_of(reader).names if reader else _find_claims(trouble, host)
        is_requested = is_missed(names, run.query, run.offers) or (reader and not names.isdisjoint(run.query.required))
        return Complaint(line if is_new else "", status=int(bool(is_requested)))

    def complain_of_rejection(self, event: Noted) -> Complaint | None:
        """Return the message for a rejected record, without text after the first of its reader; None for others."""
        reader, trouble = event
        if reader is None or not isinstance(trouble, Gap) or trouble.reason != "rejected":
            return None
        is_new = f"rejected {reader.name}" not in self._printed
        self._printed.add(f"rejected {reader.name}")
        return Complaint(f"{self._program}: {trouble.source}: {trouble.detail}" if is_new else "")

    def complain_by_layout(self, complain: Complain, event: Noted, run: Run, host: Host) -> Complaint | None:
        """Return a layout's message for a problem or gap; if the layout's code fails, the message for that."""
        reader, trouble = event
        assert reader is not None
        try:
            with guard_plugin_code():
                return _check_complaint(complain(reader, trouble))
        except Exception as error:  # noqa: BLE001 - third-party code
            gap = failure_gap(run.offer_of(reader).plugin.label, f"reader {reader.name!r}: layout: complain", error)
            return self.complain_of_plugin(Noted(reader, run.ledger.note(gap, reader)), run, host)


def _check_complaint(given: object) -> Complaint | None:
    if given is None or isinstance(given, Complaint):
        return given
    raise PluginError(f"gave {type(given).__name__}, and no Complaint")


def _find_claims(gap: Gap, host: Host) -> frozenset[str]:
    return frozenset(
        name
        for broken in host.broken
        if (broken.source, broken.reason) == (gap.source, gap.detail)
        for name in broken.claims
    )


def names_broken_plugin(host: Host, query: Query) -> bool:
    """Return whether a query names something that only a broken plugin provides."""
    offers = host.offers(query.tables, query.families)
    return any(is_missed(broken.claims, query, offers) for broken in host.broken)


def is_missed(names: Iterable[str], query: Query, offers: Iterable[Offer]) -> bool:
    """Return whether a query names one of ``names`` that no built-in reader in ``offers`` provides."""
    requested = {*query.required, *query.families, *query.tables}
    provided = {name for offer in offers if offer.plugin.is_own for name in offer.names}
    return not requested.difference(provided).isdisjoint(names)
