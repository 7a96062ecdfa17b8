"""The text of multicast memberships as netstat prints it, and plain tables for multicast routing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netstat_core.plugin import (
    Block,
    Column,
    Complaint,
    FormatRows,
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
    """Return the formatter of memberships, one per line; with -v the source filter is appended."""

    def format_batch(batch: Sequence[Record]) -> str:
        names.expect_hosts([record["group"] for record in batch])
        return "".join(
            [
                f"{printable(record['interface']):<15} {record['users']:<6} {names.host(record['group'])}"
                f"{_format_filter(record['source_filter'] or (), names) if style.verbose else ''}\n"
                for record in batch
            ]
        )

    return format_batch


def _format_filter(sources: Sequence[Record], names: Names) -> str:
    text = ""
    for word, counter in (("include", "included_by"), ("exclude", "excluded_by")):
        hosts = [names.host(source["address"]) for source in sources if source[counter]]
        text += f" {word} {','.join(hosts)}" if hosts else ""
    return text


def _complain(trouble: Problem | Gap, style: Style) -> Complaint | None:
    """Word netstat's complaints about a bad line, which it counts from 0, and about a missing igmp.

    netstat says nothing about a missing igmp6.
    """
    if isinstance(trouble, Problem):
        file = trouble.source.rpartition("/")[2]
        return Complaint(f"warning, got bogus {file} line {(trouble.line or 1) - 1}.")
    if trouble.reason not in ("not_in_kernel", "permission") or trouble.reader != "igmp":
        return None
    return unsupported("INET (igmp)", style, "igmp")


def _complain_about_routing(trouble: Problem | Gap, _style: Style) -> Complaint | None:
    """Complain about bad lines and unreadable sources; about a kernel without multicast routing once, for IPv4 vifs."""
    if isinstance(trouble, Problem):
        return Complaint(f"warning, got bogus {trouble.source.rpartition('/')[2]} line.")
    if trouble.reason != "not_in_kernel":
        return Complaint(f"{trouble.source}: {trouble.detail}", status=255)
    if trouble.reader != "multicast_vifs":
        return None
    return Complaint(no_support("INET (multicast routing)"), status=1)


def _format_outgoing(hop: Record) -> str:
    return f"{hop['interface'] or '-'}:{hop['ttl']}"


def _route_rows(style: Style, names: Names, traits: Mapping[str, Any]) -> FormatRows:
    """Return the formatter of a plain table that shows each outgoing interface as ``DEVICE:TTL``."""
    format_rows = _ROUTE_TABLE.rows(style, names, traits)
    return lambda batch: format_rows(
        batch.replaced("outgoing", values=[list(map(_format_outgoing, hops)) for hops in batch.column("outgoing")])
    )


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
VIFS = Layout(block=_VIF_TABLE.block, rows=_VIF_TABLE.rows, needs=_VIF_TABLE.needs, complain=_complain_about_routing)
ROUTES = Layout(block=_ROUTE_TABLE.block, rows=_route_rows, needs=_ROUTE_TABLE.needs, complain=_complain_about_routing)
