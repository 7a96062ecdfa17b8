"""The net-tools layout of interfaces: a line, or with -e a block of lines, for each interface and alias."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from errno import ENODEV
from typing import Any

from netstat_core.plugin import Batch, Block, Complaint, Gap, Layout, Names, Problem, Query, Record, Style, printable
from netstat_iface import net_tools_details
from netstat_iface.net_tools_order import make_sort_key, place_aliases
from netstat_iface.selection import parse_names

_TITLE = "Kernel Interface table\n"
_HEADER = "Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n"
_NAME_WIDTH = 15
_NO_COUNTERS = "     - no statistics available -".ljust(56)

Line = Callable[[Record, "str | None"], str]
"""Formats an interface, or the alias of it that is passed."""

NEEDS = frozenset(
    {"name", "alternative_names", "flags", "flags_text", "mtu", "aliases"}
    | {"rx_packets", "rx_errors", "rx_dropped_total", "rx_fifo_errors"}
    | {"tx_packets", "tx_errors", "tx_dropped", "tx_fifo_errors"}
)


def heading(style: Style, _traits: Mapping[str, Any]) -> str:
    """Return the title, in the first round only, and the column heads, which -e does not have."""
    return ("" if style.round else _TITLE) + ("" if style.extend else _HEADER)


def needs(style: Style) -> frozenset[str]:
    """Return the record fields that the formatter reads."""
    return NEEDS | net_tools_details.NEEDS if style.extend else NEEDS


def shown(query: Query) -> Callable[[Record], bool] | None:
    """Return the row filter: without -a and names, only interfaces that are up."""
    if query.show == "all" or query.interfaces:
        return None
    return lambda record: record["flags"] is None or "up" in record["flags"]


def rows(style: Style, _names: Names, _traits: Mapping[str, Any]) -> Callable[[Batch], str]:
    """Return the function that formats all interfaces and aliases in netstat's order."""
    format_interface = net_tools_details.format_block if style.extend else format_row
    chosen = parse_names(style.query.interfaces)

    def format_batch(batch: Batch) -> str:
        records = sorted(batch.read_only(), key=lambda record: make_sort_key(record["name"]))
        aliases_after = place_aliases(records)
        waiting: dict[str, str] = {}
        text: list[str] = []
        for record in records:
            if not chosen or not chosen.isdisjoint({record["name"], *(record["alternative_names"] or ())}):
                text.append(format_interface(record, None))
            for alias in record["aliases"] or ():
                if not chosen or alias in chosen:
                    waiting[alias] = format_interface(record, alias)
            text += [waiting.pop(alias, "") for alias in aliases_after.get(record["name"], ())]
        return "".join(text)

    return format_batch


def format_row(record: Record, alias: str | None) -> str:
    """Return a line of the table; an alias has no counters."""
    start = f"{format_name(alias or record['name'])} {_format_value(record['mtu']):>5} "
    flags = _format_value(record["flags_text"])
    if alias is not None or record["rx_packets"] is None:
        return f"{start}{_NO_COUNTERS}{flags}\n"
    return (
        f"{start}{record['rx_packets']:>8} {record['rx_errors']:>6} {record['rx_dropped_total']:>6} "
        f"{record['rx_fifo_errors']:<6} {record['tx_packets']:>8} {record['tx_errors']:>6} {record['tx_dropped']:>6} "
        f"{record['tx_fifo_errors']:>6} {flags}\n"
    )


def format_name(name: str) -> str:
    """Return a name padded to 15 bytes."""
    shown = printable(name)
    return shown + " " * (_NAME_WIDTH - (len(shown) if shown.isascii() else len(shown.encode())))


def _format_value(value: Any) -> str:
    return "-" if value is None else str(value)


def complain(trouble: Problem | Gap, _style: Style) -> Complaint | None:
    """Return netstat's message for an interface that does not exist, or if interfaces cannot be listed."""
    if isinstance(trouble, Problem):
        return None
    if trouble.errno == ENODEV:
        return Complaint(
            f"{printable(trouble.source)}: error fetching interface information: Device not found", status=1
        )
    if trouble.about == "table":
        return Complaint(f"Warning: cannot open {trouble.source} ({trouble.detail}). Limited output.", status=1)
    return None


LAYOUT = Layout(
    block=Block("interfaces", heading=heading), rows=rows, needs=needs, shown=shown, whole=True, complain=complain
)
