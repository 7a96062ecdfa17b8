"""netstat's interface table: a line for each interface and alias."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from errno import ENODEV
from typing import Any

from netstat_core.plugin import Block, Complaint, Gap, Layout, Names, Problem, Query, Record, Style, printable
from netstat_iface import net_tools_details
from netstat_iface.arrange import ALIASES, alias_names, asked_names, is_shown

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
    if query.show == "all":
        return None
    return lambda record: is_shown(record, query)


def rows(style: Style, _names: Names, traits: Mapping[str, Any]) -> Callable[[Sequence[Record]], str]:
    """The formatter; lines of aliases wait until the interface is printed behind which netstat sorts them."""
    line = net_tools_details.block if style.extend else table_line
    asked = asked_names(style.query)
    waiting: dict[str, str] = {}

    def lines(record: Record) -> str:
        text = ""
        if not asked or not asked.isdisjoint({record["name"], *(record["alternative_names"] or ())}):
            text = line(record, None)
        for alias in alias_names(record):
            if not asked or alias in asked:
                waiting[alias] = line(record, alias)
        due = traits[ALIASES].get(record["name"])
        return text + "".join([waiting.pop(alias, "") for alias in due]) if due else text

    return lambda batch: "".join([lines(record) for record in batch])


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
    if trouble.attempts:
        return Complaint(f"Warning: cannot open {trouble.source} ({trouble.detail}). Limited output.", status=1)
    return None


LAYOUT = Layout(block=Block("interfaces", heading=heading), rows=rows, needs=needs, shown=shown, complain=complain)
