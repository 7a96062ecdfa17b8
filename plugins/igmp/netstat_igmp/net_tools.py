"""netstat's text for memberships, and plain tables for multicast routing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netstat_core.plugin import (
    Block,
    Column,
    Complaint,
    Gap,
    Layout,
    Names,
    Problem,
    Record,
    Style,
    no_support,
    plain_table,
    printable,
    unsupported,
)

_TITLE = """\
IPv6/IPv4 Group Memberships
Interface       RefCnt Group
--------------- ------ ---------------------
"""
_BLOCK = Block("groups", heading=lambda _query, _traits: _TITLE)


def _needs(style: Style) -> frozenset[str]:
    fields = {"interface", "users", "group"}
    return frozenset(fields | {"source_filter"} if style.verbose else fields)


def _rows(style: Style, names: Names, _traits: Mapping[str, Any]) -> Callable[[Sequence[Record]], str]:
    """A line for each membership; -v appends its source filter, where it has one."""

    def format_batch(batch: Sequence[Record]) -> str:
        names.expect_hosts([record["group"] for record in batch])
        return "".join(
            [
                f"{printable(one['interface']):<15} {one['users']:<6} {names.host(one['group'])}"
                f"{_filter_text(one['source_filter'] or (), names) if style.verbose else ''}\n"
                for one in batch
            ]
        )

    return format_batch


def _filter_text(sources: Sequence[Record], names: Names) -> str:
    text = ""
    for word, counter in (("include", "included_by"), ("exclude", "excluded_by")):
        hosts = [names.host(source["address"]) for source in sources if source[counter]]
        text += f" {word} {','.join(hosts)}" if hosts else ""
    return text


def _complain(trouble: Problem | Gap, style: Style) -> Complaint | None:
    """What netstat says of a bad line, counted from 0, and of a kernel without igmp; a missing igmp6 is silent."""
    if isinstance(trouble, Problem):
        file = trouble.source.rpartition("/")[2]
        return Complaint(f"warning, got bogus {file} line {(trouble.line or 1) - 1}.")
    if trouble.reason not in ("not_in_kernel", "permission") or trouble.reader != "igmp":
        return None
    return unsupported("INET (igmp)", style, "igmp")


def _complain_of_routing(trouble: Problem | Gap, _style: Style) -> Complaint | None:
    """A kernel without multicast routing says so once, at its IPv4 interfaces."""
    if isinstance(trouble, Problem):
        return Complaint(f"warning, got bogus {trouble.source.rpartition('/')[2]} line.")
    if trouble.reason != "not_in_kernel":
        return Complaint(f"{trouble.source}: {trouble.detail}", status=255)
    if trouble.reader != "multicast_vifs":
        return None
    return Complaint(no_support("INET (multicast routing)"), status=1)


def _interface_and_ttl(hop: Record) -> str:
    return f"{hop['interface'] or '-'}:{hop['ttl']}"


def _route_rows(style: Style, names: Names, traits: Mapping[str, Any]) -> Callable[[Sequence[Record]], str]:
    """Lines of a plain table, in which ``DEVICE:TTL`` stands for each way out."""
    lines = _ROUTE_TABLE.rows(style, names, traits)
    return lambda batch: lines([{**one, "outgoing": list(map(_interface_and_ttl, one["outgoing"]))} for one in batch])


_ROUTE_TABLE = plain_table(
    "multicast_routes",
    "Multicast routes",
    (
        Column("Origin", field="origin", width=15),
        Column("Group", field="group", width=15),
        Column("Iface", field="interface", width=15),
        Column("Packets", field="packets", width=10, align="right"),
        Column("Bytes", field="bytes", width=12, align="right"),
        Column("Wrong-If", field="wrong_interface", width=8, align="right"),
        Column("Table", field="table", width=7),
        Column("Out:TTL", field="outgoing"),
    ),
)
_VIF_TABLE = plain_table(
    "multicast_vifs",
    "Multicast interfaces",
    (
        Column("Vif", field="vif", width=3, align="right"),
        Column("Iface", field="interface", width=15),
        Column("RX-Packets", field="rx_packets", width=10, align="right"),
        Column("RX-Bytes", field="rx_bytes", width=12, align="right"),
        Column("TX-Packets", field="tx_packets", width=10, align="right"),
        Column("TX-Bytes", field="tx_bytes", width=12, align="right"),
        Column("Local", field="local_address", width=15),
        Column("Remote", field="remote_address", width=15),
        Column("Family", field="family", width=6),
        Column("Table", field="table", width=7),
        Column("Flags", field="flags"),
    ),
)

GROUPS = Layout(block=_BLOCK, rows=_rows, needs=_needs, complain=_complain)
VIFS = Layout(block=_VIF_TABLE.block, rows=_VIF_TABLE.rows, needs=_VIF_TABLE.needs, complain=_complain_of_routing)
ROUTES = Layout(block=_ROUTE_TABLE.block, rows=_route_rows, needs=_ROUTE_TABLE.needs, complain=_complain_of_routing)
