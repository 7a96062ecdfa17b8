"""The net-tools layout of SCTP: a line for each address of an endpoint or an association."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import repeat
from typing import Any

from netstat_core.plugin import Batch, Complaint, FormatRows, Gap, Layout, Names, Problem, Query, Record, Style
from netstat_inet.net_tools import BLOCK, complain, make_tail, needs
from netstat_inet.record import SCTP_ASSOCIATIONS, SCTP_ENDPOINTS


def shown(query: Query) -> Callable[[Record], bool] | None:
    """Return the row filter: -l selects endpoints, the default associations; None if all are shown."""
    if query.show == "all":
        return None
    servers = query.show == "listening"
    return lambda record: (record["remote_addresses"] is None) is servers


def rows(style: Style, names: Names, _traits: Mapping[str, Any]) -> FormatRows:
    """Return the function that formats a batch; the extra columns follow the last address of a record."""
    tail = make_tail(style, names)
    numeric = style.numeric_hosts or style.numeric_ports or style.numeric_users or style.symbolic
    host: Callable[[str], str] = str if numeric else names.host

    def format_batch(batch: Batch) -> str:
        ends = tail(batch) if tail else repeat("")
        return "".join(
            "\n".join(_format_lines(record, host)) + end + "\n" for record, end in zip(batch, ends, strict=False)
        )

    return format_batch


def _format_lines(record: Record, host: Callable[[str], str]) -> list[str]:
    local, remote = record["local_addresses"], record["remote_addresses"]
    port = record["local_port"]
    state = f"{record['socket_state'] or '':<11}"
    if remote is None:
        cells = [f"{host(address)}:{port or '*'}" for address in local] or [""]
        return [
            f"{_format_first_column(row):<20}{cell:<47} {state if not row else '':<11}"
            for row, cell in enumerate(cells)
        ]
    first = f"sctp  {record['recv_queue']:>6} {record['send_queue']:>6} "
    lines = []
    for row in range(max(len(local), len(remote), 1)):
        ports = ("", "") if row else (f":{port or '*'}", f":{record['remote_port'] or '*'}")
        left, right = (host(side[row]) + ports[n] if row < len(side) else "" for n, side in enumerate((local, remote)))
        lines.append(f"{first if not row else '':<20}{left:<23} {right:<23} {state if not row else '':<11}")
    return lines


def _format_first_column(row: int) -> str:
    return "" if row else "sctp"


def _needs(style: Style) -> frozenset[str]:
    return needs(style) | {"local_addresses", "remote_addresses", "socket_state"}


def _complain(trouble: Problem | Gap, style: Style) -> Complaint | None:
    """Return netstat's message; twice if both files are missing, since netstat reads one after the other."""
    bogus = f"sctp {trouble.code}" if isinstance(trouble, Problem) else ""
    complaint = complain("sctp", bogus, SCTP_ENDPOINTS, SCTP_ASSOCIATIONS)(trouble, style)
    lacks_both = isinstance(trouble, Gap) and trouble.about == "table" and style.query.show == "all"
    if complaint and lacks_both and not complaint.ends_run:
        return complaint.replace(text=f"{complaint.text}\n{complaint.text}")
    return complaint


LAYOUT = Layout(block=BLOCK, rows=rows, needs=_needs, shown=shown, complain=_complain)
