"""Messages for the gaps of the host itself, which are the same in every dialect."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from netstat_core.errors import NarrowerCapture, SnapshotError
from netstat_core.escape import encode_text, escape_value
from netstat_core.plugin.outcomes import Attempt, Gap, Problem
from netstat_core.plugin.text import Complaint
from netstat_core.plugin.text_files import DAMAGED, NOT_THE_FILE
from netstat_core.report.run import Event, Noted, Run
from netstat_core.system import BIG, CONTRADICTED, MACHINE, STATED, Machine

_NOTHING_READ = '(No info could be read for "-p": geteuid()={uid} but you should be root.)'
_NOT_ALL_READ = """\
(Not all processes could be identified, non-owned process info
 will not be shown, you would have to be root to see it all.)"""


def is_of_host(event: Event) -> bool:
    """Return whether the host words a problem or gap itself, instead of the dialect; false for other events."""
    if not isinstance(event, Noted):
        return False
    reader, trouble = event
    if isinstance(trouble, Problem):
        return trouble.code == NOT_THE_FILE
    is_of_capture = trouble.reason in (NarrowerCapture.reason, DAMAGED) or _is_cut(trouble)
    return reader is None or trouble.about in ("plugin", "field") or is_of_capture


def _is_cut(gap: Gap) -> bool:
    """Return whether a capture had no room for all of a source."""
    return gap.about in ("source", "table") and gap.errno == errno.EFBIG


def escape_event(event: Noted) -> Noted:
    """Return an event whose problem or gap cannot end the line of a message that quotes it."""
    trouble = event.trouble
    if isinstance(trouble, Problem):
        raw = escape_value(trouble.raw.decode("utf-8", "surrogateescape"))
        safe = {name: escape_value(getattr(trouble, name)) for name in ("source", "reason", "code", "field")}
        return Noted(event.reader, trouble.replace(raw=encode_text(raw), **safe))
    attempts = tuple(Attempt(*map(escape_value, attempt)) for attempt in trouble.attempts)
    names = ("reason", "source", "detail", "table", "reader", "network_namespace", "selector")
    safe = {name: escape_value(getattr(trouble, name)) for name in names}
    return Noted(event.reader, trouble.replace(attempts=attempts, **safe))


def complain_of_host(
    event: Noted, run: Run, program: str, by_layout: Callable[[Noted], Complaint | None]
) -> Complaint | None:
    """Return the message and exit status for a problem or gap of the host; None prints nothing."""
    gap = event.trouble
    if isinstance(gap, Problem) or (gap.reason == "no_reader" and gap.about != "field"):  # a gap or the dialect says it
        return None
    if gap.reason == DAMAGED and (by_layout(event) == Complaint("") or _is_said(event, run, by_layout)):
        return None
    is_narrower = gap.reason == NarrowerCapture.reason or _is_cut(gap)
    if gap.about == "owners" and not is_narrower:
        return _complain_of_owners(gap, run, program)
    if gap.about == "snapshot":
        return Complaint(f"{program}: {gap.detail}", status=SnapshotError.exit_status)
    is_missed = gap.about == "namespaces" and gap.reason != "truncated" and not run.query.all_network_namespaces
    status = NarrowerCapture.exit_status if is_narrower else int(is_missed or gap.about == "field")
    return Complaint(f"{program}: {gap.source}: {gap.detail}", status=status)


def remark_on_byte_order(machine: Machine) -> str | None:
    """Return what a reader must know of the byte order that a copy was read in; None if nothing is to be said."""
    known_from = machine.byte_order_from
    if known_from == CONTRADICTED:
        return "the files contradict each other about the byte order: read as little-endian; state it with --byte-order"
    if machine.byte_order == BIG and known_from not in (MACHINE, STATED):
        return f"read as files of a big-endian machine, by {known_from}"
    return None


def _complain_of_owners(gap: Gap, run: Run, program: str) -> Complaint | None:
    """Return netstat's message if rights lack, or one for other errors; for the rest a dash in the column is enough."""
    table = run.owners
    if gap.reason == "unreadable":
        return Complaint(f"{program}: {gap.source}: {gap.detail}")
    if table is None or not table.denied or gap.reason == "truncated":
        return None
    return Complaint(_NOT_ALL_READ if table.knows_any else _NOTHING_READ.format(uid=os.geteuid()))


def _is_said(event: Noted, run: Run, by_layout: Callable[[Noted], Complaint | None]) -> bool:
    """Return whether the layout has complained about a row of the same reader: one message is enough."""
    reader = event.reader
    return reader is not None and any(
        by_layout(Noted(reader, Problem(entry["source"], "", b"", entry["line"], entry["code"], entry["field"])))
        for entry in run.ledger.problems
        if entry["reader"] == reader.name and entry["code"] != NOT_THE_FILE
    )
