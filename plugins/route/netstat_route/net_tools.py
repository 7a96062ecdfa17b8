"""netstat's text for routes: the styles without -e, with one, and with two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from netstat_core.plugin import Block, Complaint, Gap, Layout, Names, Problem, Query, Record, Style, printable
from netstat_route.addresses import netmask
from netstat_route.memo import Memo
from netstat_route.proc_route import NO_COLUMN
from netstat_route.queries import OPENED

NOTHING = {"inet": "0.0.0.0", "inet6": "::"}  # noqa: S104 - not bound to, only shown
_FULL = 15
_MAPPED = "::ffff:"

Host = Callable[[str], str]


_START = "{gateway:<15} {genmask:<15} {flags:<5} "
_REJECTED = "-               {genmask:<15} {flags:<5} "

HEADS = (
    "  MSS Window  irtt Iface",
    "Metric Ref    Use Iface",
    "Metric Ref    Use Iface    MSS   Window irtt",
)
"""Column heads behind addresses and flags of IPv4 rows, without -e, with one, and with two."""

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


def width_of(style: Style) -> int:
    """The style by the number of -e; more than two are two, where netstat counts modulo four and may show no row."""
    return min(style.extend, len(HEADS) - 1)


def host_cell(style: Style, names: Names) -> Host:
    """The text of addresses: names where they are wanted, for which -N counts as -n."""
    return names.host if resolves(style, names) else str


def resolves(style: Style, names: Names) -> bool:
    """Whether names are shown."""
    return names.resolves_hosts and not style.symbolic


def signed(number: int | None) -> int:
    """A number as netstat prints it: nothing as 0, and above 2^31 negative."""
    number = number or 0
    return number - (1 << 32) if number >= 1 << 31 else number


def inet_heading(style: Style, traits: Mapping[str, Any]) -> str:
    """Title and column heads."""
    if OPENED.name not in traits:
        return ABSENT["inet"]
    heads = HEADS[width_of(style)]
    return f"Kernel IP routing table\nDestination     Gateway         Genmask         Flags {heads}\n"


def inet6_heading(_style: Style, traits: Mapping[str, Any]) -> str:
    """Title and column heads; -e adds nothing."""
    return INET6_HEADS.format("table") if OPENED.name in traits else ABSENT["inet6"]


INET6_HEADS = """\
Kernel IPv6 routing {}
Destination                    Next Hop                   Flag Met Ref  Use If
"""

ABSENT = {
    "inet": "INET (IPv4) not configured in this system.\n",
    "inet6": "INET6 (IPv6) not configured in this system.\n",
}
"""What takes the place of a heading where nothing could be opened."""

_BEHIND = ("gateway", "prefix_length", "flags_text", "metric", "ref_count", "use_count")
_INET_BEHIND = (*_BEHIND, "mss_bytes", "window_bytes", "irtt_ms", "interface")
_INET6_BEHIND = (*_BEHIND, "interface")


Key = tuple[Any, ...]


def inet_rows(style: Style, names: Names, _traits: Mapping[str, Any]) -> Callable[[Sequence[Record]], str]:
    """The formatter of IPv4 routes; every address column is cut to 15 characters."""
    host = host_cell(style, names)
    row, reject = _ROWS[width_of(style)], _REJECTS[width_of(style)]
    tails: Memo[Key, str] = Memo(lambda key: _inet_tail(row, reject, host, dict(zip(_INET_BEHIND, key, strict=True))))
    behind = itemgetter(*_INET_BEHIND)

    def numeric(batch: Sequence[Record]) -> str:
        return "".join([one["destination"].ljust(_FULL + 1) + tails[behind(one)] for one in batch])

    def resolved(batch: Sequence[Record]) -> str:
        names.expect_hosts(_hosts(batch))
        return "".join([f"{_destination(names, one):<15.15} {tails[behind(one)]}" for one in batch])

    return resolved if resolves(style, names) else numeric


def _inet_tail(row: str, reject: str, host: Host, fields: Record) -> str:
    gateway = fields["gateway"]
    shown = reject if "!" in fields["flags_text"] else row
    cells = {
        # An IPv6 gateway does not fit /proc/net/route, which has zeros there.
        "gateway": host(gateway if gateway and ":" not in gateway else NOTHING["inet"])[:_FULL],
        "genmask": netmask(fields["prefix_length"]),
        "flags": fields["flags_text"],
        "metric": signed(fields["metric"]),
        "ref": signed(fields["ref_count"]),
        "use": signed(fields["use_count"]),
        "mss": signed(fields["mss_bytes"]),
        "window": signed(fields["window_bytes"]),
        "irtt": signed(fields["irtt_ms"]),
        "interface": printable(fields["interface"] or "*"),
    }
    return shown.format(**cells)


def _destination(names: Names, record: Record) -> str:
    """``default``, a host's name, or a network's; a network's address has no bit behind its prefix."""
    address: str = record["destination"]
    if address == NOTHING["inet"]:
        return address if record["prefix_length"] else "default"
    return names.host(address) if _is_host(record) else names.network(address)


def _is_host(record: Record) -> bool:
    number = 0
    for part in record["destination"].split("."):
        number = number << 8 | int(part)
    return "H" in record["flags_text"] or bool(number & (1 << 32 - record["prefix_length"]) - 1)


def _hosts(batch: Iterable[Record]) -> Iterable[str]:
    """The addresses of a batch that will be looked up as hosts'."""
    for record in batch:
        if record["destination"] != NOTHING["inet"] and _is_host(record):
            yield record["destination"]
        if record["gateway"]:
            yield record["gateway"]


def inet6_rows(style: Style, names: Names, _traits: Mapping[str, Any]) -> Callable[[Sequence[Record]], str]:
    """The formatter of IPv6 routes; nothing is cut."""
    resolving = resolves(style, names)
    cell = _inet6_cell(host_cell(style, names)) if resolving else unmapped
    tails: Memo[Key, str] = Memo(lambda key: _inet6_tail(cell, dict(zip(_INET6_BEHIND, key, strict=True))))
    behind = itemgetter(*_INET6_BEHIND)

    def lines(batch: Sequence[Record]) -> str:
        if resolving:
            names.expect_hosts({one[name] for one in batch for name in ("destination", "gateway") if one[name]})
        return "".join(
            [
                f"{cell(one['destination'])}/{one['prefix_length']} ".ljust(31) + tails[behind(one)]
                for one in _row_for_each_hop(batch)
            ]
        )

    return lines


def _inet6_cell(host: Host) -> Host:
    """The text of addresses by name; IPv4-mapped ones have none."""

    def cell(address: str) -> str:
        shown = unmapped(address)
        return host(address) if shown == address else shown

    return cell


def unmapped(address: str) -> str:
    """An IPv4-mapped address as the IPv4 one."""
    if "." in address and address.startswith(_MAPPED):
        return address[len(_MAPPED) :]
    return address


def _inet6_tail(cell: Host, fields: Record) -> str:
    return (
        f"{cell(fields['gateway'] or NOTHING['inet6']):<26} {fields['flags_text']:<4} "
        f"{signed(fields['metric']):<3} {signed(fields['ref_count']):<1} {signed(fields['use_count']):>6} "
        f"{printable(fields['interface'] or '')}\n"
    )


def _row_for_each_hop(batch: Sequence[Record]) -> Iterable[Record]:
    """A row for each next hop, as in /proc/net/ipv6_route; one that uses a next-hop object shows the first only."""
    for record in batch:
        if record["next_hops"] and record["next_hop_id"] is None:
            for hop in record["next_hops"]:
                yield {**record, "gateway": hop["gateway"], "interface": hop["interface"]}
        else:
            yield record


def needs(*fields: str) -> Callable[[Style], frozenset[str]]:
    """What rows look at. netstat's text is that of /proc: only for other tables it comes from netlink."""
    columns = frozenset({"family", "destination", "flags", "next_hops", "next_hop_id", *fields})

    def of_style(style: Style) -> frozenset[str]:
        if style.query.route_table is None:
            return columns - {"next_hops", "next_hop_id"}
        return columns - {"ref_count", "use_count"} | {"table", "type"}

    return of_style


def complain(trouble: Problem | Gap, _style: Style) -> Complaint | None:
    """The words for a column that is missing, and for a file that cannot be read."""
    if isinstance(trouble, Problem):
        return lacks_column(trouble, status=1)
    return told(trouble)


def lacks_column(trouble: Problem, status: int) -> Complaint | None:
    """The words for a column that is missing; rows that are none are passed over silently."""
    if trouble.code != NO_COLUMN:
        return None
    text = f"warning: {trouble.source} does not contain required field {trouble.field}"
    return Complaint(text, ends_run=bool(status), status=status)


def told(gap: Gap) -> Complaint:
    """The line of perror for a file that could not be opened, which ends the run; the heading says the rest."""
    if gap.about == "table":
        *_, file = (gap, *(attempt for attempt in gap.attempts if attempt.feed == "procfs"))
        return Complaint(f"{file.source}: {file.detail}", ends_run=True, status=1)
    if gap.reason == "not_in_kernel":
        # An empty /proc/net/route, as in a namespace that never had a route: netstat fails and says nothing.
        return Complaint("", ends_run=True, status=1)
    return Complaint(f"{gap.source}: {gap.detail}")


def feed(query: Query) -> str | None:
    """The text is that of /proc, as netstat's is; only other tables than those there come over netlink."""
    return "procfs" if query.route_table is None else None


INET = Layout(
    block=Block("routes-inet", heading=inet_heading),
    rows=inet_rows,
    needs=needs(*_INET_BEHIND),
    feed=feed,
    complain=complain,
)
INET6 = Layout(
    block=Block("routes-inet6", heading=inet6_heading),
    rows=inet6_rows,
    needs=needs(*_INET6_BEHIND),
    feed=feed,
    complain=complain,
)
