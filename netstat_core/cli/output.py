"""The output of a command line: which options go with a format, and the rendering that they ask for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import BinaryIO

from netstat_core.dialects import Request, Session
from netstat_core.errors import UsageError
from netstat_core.host.discovery import FormatOffer, Host
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.sinks import Rendering, Sink
from netstat_core.plugin.text import Complaint
from netstat_core.query import Query
from netstat_core.report.selection import Demand
from netstat_core.system import ORDERS

_HOST = r"[^\s\x00-\x1f\x7f]{1,253}"
"""Names of machines: those of DNS, addresses, and what inventories call them."""


def check_options(request: Request, query: Query, sink: Sink | None) -> None:
    """Raise UsageError for options that do not go with the output format, or with a report at all."""
    if request.record is not None and (request.intervals or request.continuous or query.delta):
        raise UsageError("--record takes one report")
    if sink is not None and sink.asks is not None and query.delta:
        raise UsageError(f"--delta does not go with --format {sink.name}")
    if request.redact and (sink is None or sink.asks is not None or query.resolve or request.host is not None):
        raise UsageError("--redact goes with JSON output, without --resolve and --host")
    if sink is None and request.tcp_info and query.where is None:
        raise UsageError("--tcp-info goes with JSON output or --where: text does not show it")
    if request.preset is not None:
        raise UsageError("--preset goes with the command capture")
    _check_byte_order(request)
    _check_host(request, sink)


def _check_byte_order(request: Request) -> None:
    if request.byte_order is None:
        return
    if request.byte_order not in ORDERS:
        raise UsageError(f"--byte-order must be one of {', '.join(ORDERS)}, not {request.byte_order!r}")
    if request.snapshot is None:
        raise UsageError("--byte-order goes with --from")


def _check_host(request: Request, sink: Sink | None) -> None:
    if request.host is None:
        return
    if sink is None or not sink.alone:
        raise UsageError("--host goes with --ndjson: other output says once what it is of")
    if not re.fullmatch(_HOST, request.host) or not request.host.isprintable():
        raise UsageError(f"--host {request.host[:80]!a} is not a name: use up to 253 characters without spaces")


def get_demand(
    sink: Sink, serves: Callable[[Reader, Query], bool] | None, reader: Reader, query: Query
) -> Demand | None:
    """Return what a format needs of a reader; None if the displays of the dialect do not have it.

    ``serves`` tells that; it is None for the query of a format of its own, which is for no display.
    """
    if serves is not None and not serves(reader, query):
        return None
    return Demand(sink.takes(reader, query) if sink.takes else None)


def redact_complaint(complaint: Complaint, rendering: Rendering) -> Complaint:
    """Return a message with the substitutes of a redacted report, and as it is for other reports."""
    from netstat_core.sinks.redacted import RedactedRendering  # noqa: PLC0415 - only with --redact

    if not isinstance(rendering, RedactedRendering):
        return complaint
    return complaint.replace(text=rendering.clean(complaint.text))


def make_rendering(
    offer: FormatOffer | None, out: BinaryIO, host: Host, session: Session, request: Request
) -> Rendering:
    """Return the rendering that writes a report to ``out``; without a format it is the text of the dialect."""
    if offer is None:
        rendering = session.page(out)
    else:
        from netstat_core.cli import commands  # noqa: PLC0415 - loaded when used

        rendering = commands.make_rendering(offer, out, host)
    if request.host is not None:
        from netstat_core.sinks.labelled import LabelledRendering  # noqa: PLC0415 - only with --host

        rendering = LabelledRendering(rendering, request.host)
    if request.redact:
        from netstat_core.sinks.redacted import RedactedRendering  # noqa: PLC0415 - only with --redact

        rendering = RedactedRendering(rendering)
    return rendering
