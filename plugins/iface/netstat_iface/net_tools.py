"""netstat's interface table: a line for each interface and alias."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from errno import ENODEV
from typing import Any

from netstat_core.plugin import Block, Complaint, Gap, Layout, Names, Problem, Query, Record, Style, printable
from netstat_iface import net_tools_details
from netstat_iface.net_tools_order import alias_places, sort_key
from netstat_iface.selection import alias_names, asked_names

_TITLE = "Kernel Interface table\n"
_HEADER = "Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n"
_NAME_WIDTH = 15
_NO_COUNTERS = "     - no statistics available -".ljust(56)

Line = Callable[[Record, "str | None"], str]
"""Formats an interface, or the alias name given of it."""

NEEDS = frozenset(
    {"name", "alternative_names", "flags", "flags_text", "mtu", "addresses"}
    | {"rx_packets", "rx_errors", "rx_dropped_total", "rx_fifo_errors"}
    | {"tx_packets", "tx_errors", "tx_dropped", "tx_fifo_errors"}
)


def heading(style: Style, _traits: Mapping[str, Any]) -> str:
    """The title the first time, the column heads each time; -e has none."""
    return ("" if style.round else _TITLE) + ("" if style.extend else _HEADER)


def needs(style: Style) -> frozenset[str]:
    """The record fields that text looks at."""
    return NEEDS | net_tools_details.NEEDS if style.extend else NEEDS


def shown(query: Query) -> Callable[[Record], bool] | None:
    """Only interfaces that are up, without -a and without a name."""
    if query.show == "all" or query.interfaces:
        return None
    return lambda record: record["flags"] is None or "up" in record["flags"]


def rows(style: Style, _names: Names, _traits: Mapping[str, Any]) -> Callable[[Sequence[Record]], str]:
    """The formatter of all interfaces: in netstat's order, each alias behind the interface where that sorts it."""
    line = net_tools_details.block if style.extend else table_line
    asked = asked_names(style.query.interfaces)

    def lines(batch: Sequence[Record]) -> str:
        records = sorted(batch, key=lambda record: sort_key(record["name"]))
        places = alias_places(records)
        waiting: dict[str, str] = {}
        text: list[str] = []
        for record in records:
            if not asked or not asked.isdisjoint({record["name"], *(record["alternative_names"] or ())}):
                text.append(line(record, None))
            for alias in alias_names(record):
                if not asked or alias in asked:
                    waiting[alias] = line(record, alias)
            text += [waiting.pop(alias, "") for alias in places.get(record["name"], ())]
        return "".join(text)

    return lines


def table_line(record: Record, alias: str | None) -> str:
    """A line of the table; aliases have no counters."""
    start = f"{name_cell(alias or record['name'])} {_text(record['mtu']):>5} "
    flags = _text(record["flags_text"])
    if alias is not None or record["rx_packets"] is None:
        return f"{start}{_NO_COUNTERS}{flags}\n"
    return (
        f"{start}{record['rx_packets']:>8} {record['rx_errors']:>6} {record['rx_dropped_total']:>6} "
        f"{record['rx_fifo_errors']:<6} {record['tx_packets']:>8} {record['tx_errors']:>6} {record['tx_dropped']:>6} "
        f"{record['tx_fifo_errors']:>6} {flags}\n"
    )


def name_cell(name: str) -> str:
    """A name filled up to 15 bytes."""
    shown = printable(name)
    return shown + " " * (_NAME_WIDTH - (len(shown) if shown.isascii() else len(shown.encode())))


def _text(value: Any) -> str:
    return "-" if value is None else str(value)


def complain(trouble: Problem | Gap, _style: Style) -> Complaint | None:
    """What netstat says of an interface that does not exist, and where there is no list of them at all."""
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
