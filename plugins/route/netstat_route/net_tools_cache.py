"""The net-tools layouts of IPv4 and IPv6 route caches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netstat_core.plugin import Batch, Complaint, Gap, Names, Problem, Record, Style, printable
from netstat_route import net_tools
from netstat_route.net_tools import (
    ABSENT,
    HEADS,
    INET6_HEADS,
    NOTHING,
    choose_host_format,
    complain_of_column,
    complain_of_gap,
    detail_level,
    shows_names,
    to_signed,
)
from netstat_route.proc_rt_cache import OLDEST
from netstat_route.queries import OPENED

_START = "{source:<15} {destination:<15} {gateway:<15} {flags:<5} "
_ROWS = (
    _START + "{mss:>5} {window:<5} {irtt:>6} {interface}",
    _START + "{metric:<6} {ref:<2} {use:>7} {interface}",
    _START + "{metric:<6} {ref:<3} {use:>6} {interface:<6.6}   {mss:<5} {window:<6} {irtt:<5} ",
)
_MOST = len(_ROWS) - 1
_FULL = 15

_OLDEST_HEADS, _OLD_HEADS = "  HH  Arp", "  TOS HHRef HHUptod     SpecDst"
_OLDEST_END = "{header_count:<3} {header_valid}"
_OLD_END = "{tos:<3x} {header_count:<3}   {header_valid:<3} {specific:>15}"

_NEIGHBOUR_HEADS = "Neighbour                                   HW Address        Iface    Flags Ref State"
_TIME_HEADS = "            Stale(sec) Delete(sec)"


def inet_heading(style: Style, traits: Mapping[str, Any]) -> str:
    """Return the title and the line of column heads; those after irtt depend on the format of the file."""
    if OPENED.name not in traits:
        return ABSENT["inet"]
    further_heads = ""
    if detail_level(style) == _MOST:
        further_heads = _OLDEST_HEADS if traits.get("format") == OLDEST else _OLD_HEADS
    failure = ""
    if "unknown_format" in traits:
        failure = f"ERROR: proc_guess_fmt(/proc/net/rt_cache,... returned: {traits['unknown_format']}\n"
    heads = f"{HEADS[detail_level(style)]}{further_heads}"
    return f"Kernel IP routing cache\n{failure}Source          Destination     Gateway         Flags {heads}\n"


def inet_rows(style: Style, names: Names, traits: Mapping[str, Any]) -> Callable[[Sequence[Record]], str]:
    """Return the function that formats IPv4 entries; all addresses are hosts, cut to 15 characters."""
    host = choose_host_format(style, names)
    row = _ROWS[detail_level(style)]
    if detail_level(style) == _MOST:
        row += _OLDEST_END if traits.get("format") == OLDEST else _OLD_END

    def format_batch(batch: Sequence[Record]) -> str:
        if shows_names(style, names):
            names.expect_hosts([record[name] for record in batch for name in _ADDRESSES if record[name]])
        return "".join([row.format(**_format_cells(record, host)) + "\n" for record in batch])

    return format_batch


_ADDRESSES = ("source", "destination", "gateway", "specific_destination")


def _format_cells(record: Record, host: Callable[[str], str]) -> Record:
    shown = {name: host(record[name] or NOTHING["inet"])[:_FULL] for name in _ADDRESSES}
    count = record["header_ref_count"]
    return {
        "source": shown["source"],
        "destination": shown["destination"],
        "gateway": shown["gateway"],
        "specific": shown["specific_destination"],
        "flags": record["flags_text"],
        "metric": to_signed(record["metric"]),
        "ref": to_signed(record["ref_count"]),
        "use": to_signed(record["use_count"]),
        "mss": to_signed(record["mss_bytes"]),
        "window": to_signed(record["window_bytes"]),
        "irtt": to_signed(record["irtt_ms"]),
        "interface": printable(record["interface"] or ""),
        "tos": record["tos"] or 0,
        "header_count": -1 if count is None else count,
        "header_valid": record["header_valid"] or 0,
    }


def inet6_heading(style: Style, traits: Mapping[str, Any]) -> str:
    """Return the title and the line of column heads; those of neighbours for kernels that have /proc/net/ndisc."""
    if OPENED.name not in traits:
        return ABSENT["inet6"]
    if "neighbours" not in traits:
        return INET6_HEADS.format("cache")
    return f"Kernel IPv6 Neighbour Cache\n{_NEIGHBOUR_HEADS}{_TIME_HEADS if style.extend else ''}\n"


def inet6_rows(style: Style, names: Names, traits: Mapping[str, Any]) -> Callable[[Batch], str]:
    """Return the function that formats cached IPv6 routes, or neighbours."""
    format_routes = net_tools.inet6_rows(style, names, traits)

    def format_batch(batch: Batch) -> str:
        if "neighbours" in traits:
            return "".join([_format_neighbour(record, with_times=bool(style.extend)) for record in batch])
        return format_routes(batch.with_field("next_hops", value=None))

    return format_batch


def _format_neighbour(record: Record, *, with_times: bool) -> str:
    state = record["state"]
    shown = "PERM" if state == "permanent" else state.upper() if state[:7] != "unknown" else f"UNKNOWN{state[7:]}"
    times = ""
    if with_times:
        deleted = "*" if record["ref_count"] else f"{int(record['delete_seconds']):<7}"
        times = f" {int(record['stale_seconds']):<9}  {deleted} "
    place = f"{record['destination']}/{record['prefix_length']}"
    return (
        f"{place:<43} {record['hardware_address']:<17} {printable(record['interface']):<8} {record['flags_text']:<5} "
        f"{record['ref_count']:<3} {shown:<16}{times}\n"
    )


def complain(trouble: Problem | Gap, _style: Style) -> Complaint | None:
    """Return netstat's message; a missing column is only a warning here."""
    return complain_of_column(trouble, status=0) if isinstance(trouble, Problem) else complain_of_gap(trouble)
