"""What is said of gaps for which no dialect has words: those that the host leaves."""

from __future__ import annotations

import os

from netstat_core.errors import NarrowerCapture, SnapshotError
from netstat_core.plugin.outcomes import Gap
from netstat_core.plugin.text import Complaint
from netstat_core.report.run import Run

_NOTHING_READ = '(No info could be read for "-p": geteuid()={uid} but you should be root.)'
_NOT_ALL_READ = """\
(Not all processes could be identified, non-owned process info
 will not be shown, you would have to be root to see it all.)"""


def is_narrower(gap: Gap) -> bool:
    """Whether a snapshot was made for less than is asked of it."""
    return gap.reason == NarrowerCapture.reason


def complaint_of_host(gap: Gap, run: Run, program: str) -> Complaint | None:
    """What is said of a gap that the host left, and the exit status; None where nothing is said."""
    if gap.reason == "no_reader":  # which the dialect knows already
        return None
    if gap.about == "owners" and not is_narrower(gap):
        return _owners_complaint(run)
    if gap.about == "snapshot":
        return Complaint(f"{program}: {gap.detail}", status=SnapshotError.exit_status)
    is_missed = gap.about == "namespaces" and gap.reason != "truncated" and not run.query.all_network_namespaces
    status = NarrowerCapture.exit_status if is_narrower(gap) else int(is_missed)
    return Complaint(f"{program}: {gap.source}: {gap.detail}", status=status)


def _owners_complaint(run: Run) -> Complaint | None:
    table = run.owners
    if table is None or not table.denied:
        return None
    return Complaint(_NOT_ALL_READ if table.knows_any else _NOTHING_READ.format(uid=os.geteuid()))
