"""The net-tools layouts of IPv4 and IPv6 routes, without -e, with -e and with -ee."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import repeat
from operator import add
from typing import Any

from netstat_core.plugin import Batch, Block, Complaint, Gap, Layout, Names, Problem, Query, Record, Style, printable
from netstat_route.addresses import format_netmask
from netstat_route.memo import Memo
from netstat_route.proc_route import NO_COLUMN
from netstat_route.queries import OPENED

NOTHING = {"inet": "0.0.0.0", "inet6": "::"}  # noqa: S104 - not bound to, only shown
_FULL = 15
_INET6_START = 31
"""Characters before the next hop of an IPv6 route; a longer destination takes more."""
_MAPPED = "::ffff:"

Host = Callable[[str], str]


_START = "{gateway:<15} {genmask:<15} {flags:<5} "
_REJECTED = "-               {genmask:<15} {flags:<5} "

HEADS = (
    "  MSS Window  irtt Iface",
    "Metric Ref    Use Iface",
    "Metric Ref    Use Iface    MSS   Window irtt",
)
"""Column heads after Flags of IPv4 routes: without -e, with -e, with -ee."""

_ROWS = (
    _START + "{mss:>5} {window:<5} {irtt:>6} {interface}\n",
    _START + "{metric:<6} {ref:<2} {use:>7} {interface}\n",
    _START + "{metric:<6} {ref:<3} {use:>6} {interface:<6.6}   {mss:<5} {window:<6} {irtt}\n",
)
_REJECTS = (
    _REJECTED + "    - -          - -\n",
    _REJECTED + "{metric:<6} -  {use:>7} -\n",
    _REJECTED + "{metric:<6} -  {use:>7} -        -     -      -\n",
)


def detail_level(style: Style) -> int:
    """Return the index in HEADS for the number of -e.

    More than two count as two; netstat counts modulo four and may show no row.
    """
    return min(style.extend, len(HEADS) - 1)


def choose_host_format(style: Style, names: Names) -> Host:
    """Return the function that formats an address: as a name if names are shown."""
    return names.host if shows_names(style, names) else str


def shows_names(style: Style, names: Names) -> bool:
    """Whether host names are shown; -N counts as -n here."""
    return names.resolves_hosts and not style.symbolic


def to_signed(number: int | None) -> int:
    """Return a number as netstat prints it: None as 0, from 2^31 on negative."""
    number = number or 0
    return number - (1 << 32) if number >= 1 << 31 else number


def inet_heading(style: Style, traits: Mapping[str, Any]) -> str:
    """Return the title and the line of column heads."""
    if OPENED.name not in traits:
        return ABSENT["inet"]
    heads = HEADS[detail_level(style)]
    return f"Kernel IP routing table\nDestination     Gateway         Genmask         Flags {heads}\n"


def inet6_heading(_style: Style, traits: Mapping[str, Any]) -> str:
    """Return the title and the line of column heads, which -e does not change."""
    return INET6_HEADS.format("table") if OPENED.name in traits else ABSENT["inet6"]


INET6_HEADS = """\
Kernel IPv6 routing {}
Destination                    Next Hop                   Flag Met Ref  Use If
"""

ABSENT = {
    "inet": "INET (IPv4) not configured in this system.\n",
    "inet6": "INET6 (IPv6) not configured in this system.\n",
}
"""Shown instead of a heading if no source could be opened."""

_TAIL_FIELDS = ("gateway", "prefix_length", "flags_text", "metric", "ref_count", "use_count")
_INET_TAIL_FIELDS = (*_TAIL_FIELDS, "mss_bytes", "window_bytes", "irtt_ms", "interface")
_INET6_TAIL_FIELDS = (*_TAIL_FIELDS, "interface")


Key = tuple[Any, ...]


def inet_rows(style: Style, names: Names, _traits: Mapping[str, Any]) -> Callable[[Batch], str]:
    """Return the function that formats IPv4 routes; every address column is cut to 15 characters."""
    host = choose_host_format(style, names)
    row, reject = _ROWS[detail_level(style)], _REJECTS[detail_level(style)]
    tails: Memo[Key, str] = Memo(
        lambda key: _format_inet_tail(row, reject, host, dict(zip(_INET_TAIL_FIELDS, key, strict=True)))
    )

    def format_numeric(batch: Batch) -> str:
        padded = map(str.ljust, batch.column("destination"), repeat(_FULL + 1))
        return "".join(map(add, padded, format_tails(batch)))

    def format_resolved(batch: Batch) -> str:
        names.expect_hosts(_list_hosts(batch))
        shown = (f"{_format_destination(names, record):<15.15} " for record in batch.read_only())
        return "".join(map(add, shown, format_tails(batch)))

    def format_tails(batch: Batch) -> Iterator[str]:
        return map(tails.__getitem__, zip(*map(batch.column, _INET_TAIL_FIELDS), strict=True))

    return format_resolved if shows_names(style, names) else format_numeric


def _format_inet_tail(row: str, reject: str, host: Host, fields: Record) -> str:
    gateway = fields["gateway"]
    shown = reject if "!" in fields["flags_text"] else row
    cells = {
        # /proc/net/route has zeros in the place of an IPv6 gateway.
        "gateway": host(gateway if gateway and ":" not in gateway else NOTHING["inet"])[:_FULL],
        "genmask": format_netmask(fields["prefix_length"]),
        "flags": fields["flags_text"],
        "metric": to_signed(fields["metric"]),
        "ref": to_signed(fields["ref_count"]),
        "use": to_signed(fields["use_count"]),
        "mss": to_signed(fields["mss_bytes"]),
        "window": to_signed(fields["window_bytes"]),
        "irtt": to_signed(fields["irtt_ms"]),
        "interface": printable(fields["interface"] or "*"),
    }
    return shown.format(**cells)


def _format_destination(names: Names, record: Record) -> str:
    """Return ``default``, or the name of the host or network."""
    address: str = record["destination"]
    if address == NOTHING["inet"]:
        return address if record["prefix_length"] else "default"
    return names.host(address) if _is_host(record) else names.network(address)


def _is_host(record: Record) -> bool:
    """Whether a destination is a host: flag H, or bits set after the prefix."""
    number = 0
    for part in record["destination"].split("."):
        number = number << 8 | int(part)
    return "H" in record["flags_text"] or bool(number & (1 << 32 - record["prefix_length"]) - 1)


def _list_hosts(batch: Batch) -> Iterator[str]:
    """Yield the addresses that are looked up as names of hosts."""
    for record in batch.read_only():
        if record["destination"] != NOTHING["inet"] and _is_host(record):
            yield record["destination"]
        if record["gateway"]:
            yield record["gateway"]


def inet6_rows(style: Style, names: Names, _traits: Mapping[str, Any]) -> Callable[[Batch], str]:
    """Return the function that formats IPv6 routes; nothing is cut."""
    with_names = shows_names(style, names)
    cell = _make_inet6_format(choose_host_format(style, names)) if with_names else unmap
    tails: Memo[Key, str] = Memo(lambda key: _format_inet6_tail(cell, dict(zip(_INET6_TAIL_FIELDS, key, strict=True))))

    def format_batch(batch: Batch) -> str:
        if with_names:
            names.expect_hosts({*batch.column("destination"), *filter(None, batch.column("gateway"))})
        rows = _split_by_hop(batch)
        lengths, destinations = rows.column("prefix_length"), map(cell, rows.column("destination"))
        shown = map(str.ljust, map("{}/{} ".format, destinations, lengths), repeat(_INET6_START))
        keys = zip(*map(rows.column, _INET6_TAIL_FIELDS), strict=True)
        return "".join(map(add, shown, map(tails.__getitem__, keys)))

    return format_batch


def _make_inet6_format(host: Host) -> Host:
    """Return the function that formats an address as a name; IPv4-mapped ones are not looked up."""

    def cell(address: str) -> str:
        shown = unmap(address)
        return host(address) if shown == address else shown

    return cell


def unmap(address: str) -> str:
    """Return the IPv4 address in an IPv4-mapped one, any other address unchanged."""
    if "." in address and address.startswith(_MAPPED):
        return address[len(_MAPPED) :]
    return address


def _format_inet6_tail(cell: Host, fields: Record) -> str:
    return (
        f"{cell(fields['gateway'] or NOTHING['inet6']):<26} {fields['flags_text']:<4} "
        f"{to_signed(fields['metric']):<3} {to_signed(fields['ref_count']):<1} {to_signed(fields['use_count']):>6} "
        f"{printable(fields['interface'] or '')}\n"
    )


def _split_by_hop(batch: Batch) -> Batch:
    """Return a row for each next hop, as /proc/net/ipv6_route has; of a next-hop object only the first."""
    if not any(batch.column("next_hops")):
        return batch
    return Batch(
        {**record, "gateway": hop["gateway"], "interface": hop["interface"]}
        for record in batch.read_only()
        for hop in (record["next_hops"] if record["next_hop_id"] is None and record["next_hops"] else (record,))
    )


def make_needs(*fields: str) -> Callable[[Style], frozenset[str]]:
    """Return the function for ``Layout.needs``: ``fields`` and those that every row reads.

    Counts are read from /proc only, and fields of netlink only if a table is chosen (see ``feed``).
    """
    columns = frozenset({"destination", "next_hops", "next_hop_id", *fields})

    def needs(style: Style) -> frozenset[str]:
        if style.query.route_table is None:
            return columns - {"next_hops", "next_hop_id"}
        return columns - {"ref_count", "use_count"} | {"table", "type"}

    return needs


def complain(trouble: Problem | Gap, _style: Style) -> Complaint | None:
    """Return netstat's message for a missing column, or for a file that cannot be read."""
    if isinstance(trouble, Problem):
        return complain_of_column(trouble, status=1)
    return complain_of_gap(trouble)


def complain_of_column(trouble: Problem, status: int) -> Complaint | None:
    """Return netstat's message for a missing column; None for a bad row, which netstat skips silently."""
    if trouble.code != NO_COLUMN:
        return None
    text = f"warning: {trouble.source} does not contain required field {trouble.field}"
    return Complaint(text, ends_run=bool(status), status=status)


def complain_of_gap(gap: Gap) -> Complaint:
    """Return the line of perror() for a file that could not be opened; it ends the run."""
    if gap.about == "table":
        *_, file = (gap, *(attempt for attempt in gap.attempts if attempt.feed == "procfs"))
        return Complaint(f"{file.source}: {file.detail}", ends_run=True, status=1)
    if gap.reason == "not_in_kernel":
        # /proc/net/route is empty in a namespace that never had a route: netstat fails without a message.
        return Complaint("", ends_run=True, status=1)
    return Complaint(f"{gap.source}: {gap.detail}")


def feed(query: Query) -> str | None:
    """Return ``procfs``, which netstat reads, unless a table is chosen, which only netlink can select."""
    return "procfs" if query.route_table is None else None


INET = Layout(
    block=Block("routes-inet", heading=inet_heading),
    rows=inet_rows,
    needs=make_needs(*_INET_TAIL_FIELDS),
    feed=feed,
    complain=complain,
)
INET6 = Layout(
    block=Block("routes-inet6", heading=inet6_heading),
    rows=inet6_rows,
    needs=make_needs(*_INET6_TAIL_FIELDS),
    feed=feed,
    complain=complain,
)
