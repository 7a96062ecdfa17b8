"""Messages for the gaps of the host itself, which are the same in every dialect."""

from __future__ import annotations

import os

from netstat_core.errors import NarrowerCapture, SnapshotError
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.text import Complaint
from netstat_core.report.run import Run
from netstat_core.system import BIG, CONTRADICTED, MACHINE, STATED, Machine

_NOTHING_READ = '(No info could be read for "-p": geteuid()={uid} but you should be root.)'
_NOT_ALL_READ = """\
(Not all processes could be identified, non-owned process info
 will not be shown, you would have to be root to see it all.)"""


def is_narrower(gap: Gap) -> bool:
    """Return whether a gap says that a snapshot was captured for less than the query."""
    return gap.reason == NarrowerCapture.reason


def complain_of_host(gap: Gap, run: Run, program: str) -> Complaint | None:
    """Return the message and exit status for a gap of the host; None prints nothing."""
    if gap.reason == "no_reader":  # the dialect reports this
        return None
    if gap.about == "owners" and not is_narrower(gap):
        return _complain_of_owners(gap, run, program)
    if gap.about == "snapshot":
        return Complaint(f"{program}: {gap.detail}", status=SnapshotError.exit_status)
    is_missed = gap.about == "namespaces" and gap.reason != "truncated" and not run.query.all_network_namespaces
    status = NarrowerCapture.exit_status if is_narrower(gap) else int(is_missed)
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
    if table is None or not table.denied:
        return None
    return Complaint(_NOT_ALL_READ if table.knows_any else _NOTHING_READ.format(uid=os.geteuid()))
