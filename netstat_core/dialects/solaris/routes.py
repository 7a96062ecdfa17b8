"""``-r``: the routing tables of IPv4 and IPv6, with ``-v`` the IRE tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

from netstat_core.dialects.solaris.forms import FIRST, UNSPECIFIED, Form, Rule, Write, count
from netstat_core.dialects.solaris.interfaces import first_addresses
from netstat_core.dialects.solaris.route_filters import Row, make_rule
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Head
from netstat_core.report.selection import Demand

_ROUTE_FIELDS = frozenset(
    {"family", "destination", "prefix_length", "gateway", "interface", "flags", "metric", "ref_count", "use_count"}
    | {"table", "type", "protocol", "preferred_source", "next_hops", "metrics", "source", "irtt_ms"}
)
_CACHE_FIELDS = frozenset(
    {"family", "destination", "prefix_length", "gateway", "interface", "flags", "metric", "ref_count", "use_count"}
    | {"irtt_ms", "mtu_bytes", "state"}
)
_INTERFACE_FIELDS = frozenset({"name", "index", "mtu", "addresses"})

_HEADINGS = {
    ("inet", False): """
Routing Table: IPv4
  Destination           Gateway           Flags  Ref   Use   Interface
-------------------- -------------------- ----- ----- ------ ---------
""",
    ("inet6", False): """
Routing Table: IPv6
  Destination/Mask            Gateway                   Flags Ref   Use   If  \n\
--------------------------- --------------------------- ----- --- ------ -----
""",
    ("inet", True): """
IRE Table: IPv4
  Destination             Mask           Gateway          Device Mxfrg  Rtt  Ref Flg  Out  In/Fwd
-------------------- --------------- -------------------- ------ ----- ----- --- --- ----- ------
""",
    ("inet6", True): """
IRE Table: IPv6
  Destination/Mask            Gateway                    If    PMTU   Rtt  Ref Flags  Out   In/Fwd
--------------------------- --------------------------- ----- ------ ----- --- ----- ------ ------
""",
}

_ILLUMOS_HEADINGS = {
    ("inet", False): """
Routing Table: IPv4
  Destination           Gateway           Flags  Ref     Use     Interface \n\
-------------------- -------------------- ----- ----- ---------- ---------
""",
    ("inet6", False): """
Routing Table: IPv6
  Destination/Mask            Gateway                   Flags Ref   Use    If  \n\
--------------------------- --------------------------- ----- --- ------- -----
""",
    ("inet", True): """
IRE Table: IPv4
  Destination             Mask           Gateway          Device  MTU  Ref Flg  Out  In/Fwd
-------------------- --------------- -------------------- ------ ----- --- --- ----- ------
""",
    ("inet6", True): """
IRE Table: IPv6
  Destination/Mask            Gateway                    If    MTU  Ref Flags  Out   In/Fwd
--------------------------- --------------------------- ----- ----- --- ----- ------ ------
""",
}

_HIDDEN = {False: {"A", "B", "L"}, True: {"C", "b", "L"}}
"""Letters of cached, broadcast and local routes; those of later illumos, where B is a blackhole."""

_NO_GATEWAY = "    --"
_HOST_LENGTHS = {"inet": 32, "inet6": 128}
_LOOPBACK = ("127.0.0.1", "::1")
_NULL_ROUTE_METRIC = 0xFFFFFFFF
_REJECTING = ("unreachable", "prohibit")
_SILENT = ("blackhole", "throw")
_NO_DISCOVERY = "net.ipv4.ip_no_pmtu_disc"


class Link(NamedTuple):
    """What a row shows of its interface."""

    number: int
    mtu: int | None
    addresses: Sequence[Record]


def find_letters(route: Record, hop: Mapping[str, Any], *, is_illumos: bool = False) -> str:
    """Return the flags of a route by one of its next hops, in SunOS's order.

    Those of later illumos differ for broadcast, cache entries and blackhole. That a route rejects is told by its type;
    /proc tells only the flag, which IPv6 routes of type blackhole and throw have too.
    """
    flags, kind = route["flags"], route["type"]
    is_cached = "cache" in flags
    is_host = route["prefix_length"] == _HOST_LENGTHS[route["family"]]
    has_gateway = bool(hop["gateway"]) or (hop is route and "gateway" in flags)
    is_local = not is_loopback(route) and (kind in ("local", "anycast") or bool({"local", "anycast"} & {*flags}))
    is_source_set = bool(route["preferred_source"]) and route["protocol"] != "kernel"
    letters = {
        "U": True,
        "G": has_gateway,
        "C": is_cached and is_illumos,
        "H": is_host and not (is_cached and is_illumos),
        "D": "dynamic" in flags,
        "A": is_cached and not is_illumos,
        "b" if is_illumos else "B": kind == "broadcast",
        "L": is_local,
        "S": is_source_set,
        "R": kind in _REJECTING or (kind is None and "reject" in flags),
    }
    text = "".join(letter for letter, is_set in letters.items() if is_set)
    return text + "RB" if is_illumos and kind == "blackhole" else text


def is_loopback(route: Record) -> bool:
    """Return whether this is the route to the host itself, which SunOS always lists."""
    is_host = route["prefix_length"] == _HOST_LENGTHS[route["family"]]
    return is_host and route["destination"] in _LOOPBACK and route["interface"] == "lo"


def is_listed(route: Record, letters: str, style: SolarisStyle) -> bool:
    """Return whether a route is listed: without -a no local, broadcast and cached ones; never the null route.

    /proc/net/ipv6_route shows the null route, ::/0 on lo with the largest metric, which rejects what nothing else
    matches.
    Without -a IPv4 shows the table main, and IPv6 all tables.
    """
    is_last = route["metric"] == _NULL_ROUTE_METRIC and not route["prefix_length"]
    if is_last and "reject" in route["flags"] and route["interface"] == "lo":
        return False
    if style.all or is_loopback(route):
        return True
    is_main = route["family"] == "inet6" or route["table"] in ("main", None)
    return is_main and not _HIDDEN[style.is_illumos] & {*letters}


class Routes(Form):
    """A table for each family, in the order of the kernel."""

    @classmethod
    def is_selected(cls, style: SolarisStyle) -> bool:
        """Return whether -r is given, with a family of the Internet."""
        return "routes" in style.forms and style.is_internet

    @classmethod
    def tables(cls, style: SolarisStyle) -> Sequence[str]:
        """Return the table of routes, and with -a the cache."""
        return ("routes", "route_cache") if style.all else ("routes",)

    @classmethod
    def further_tables(cls, style: SolarisStyle) -> Sequence[str]:
        """Return the interfaces, whose addresses are the gateways of routes without one, and settings with -v."""
        return ("interfaces", "settings") if _shows_discovery(style) else ("interfaces",)

    @classmethod
    def demand(cls, style: SolarisStyle, reader: Reader) -> Demand | None:
        """Return the fields of routes, interfaces and settings."""
        if reader.kind == "setting":
            return Demand(frozenset({"name", "value"}), order=FIRST) if _shows_discovery(style) else None
        if reader.kind == "interface":
            return Demand(_INTERFACE_FIELDS, order=FIRST)
        fields = _find_fields(style, reader)
        return Demand(fields) if fields and set(reader.families) & style.families else None

    @classmethod
    def shown(cls, style: SolarisStyle, reader: Reader) -> Rule | None:
        """Return the rule for routes that have a row; the names of ``outif`` are not checked, and indexes refused."""
        if _find_fields(style, reader) is None:
            return None
        matches = make_rule(style.filters, {})
        return lambda route: any(matches(row) for row, *_ in _make_rows(route, style))

    def __init__(self, style: SolarisStyle, head: Head, memory: dict[str, Any], write: Write) -> None:
        super().__init__(style, head, memory, write)
        self._links: dict[str, Link] = {}
        self._rows: dict[str, list[str]] = {"inet": [], "inet6": []}
        self._matches = None if style.filters else make_rule((), {})
        self._is_discovering = True

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Format the rows of routes. Interfaces and settings come before them."""
        if reader.kind == "setting":
            if any(record["name"] == _NO_DISCOVERY and record["value"] for record in batch):
                self._is_discovering = False
            return
        if reader.kind == "interface":
            for link in batch:
                self._links[link["name"]] = Link(link["index"], link["mtu"], link["addresses"] or ())
            return
        indexes = {name: link.number for name, link in self._links.items()}
        if self._matches is None:
            self._matches = make_rule(self.style.filters, indexes)
        for route in batch:  # of the cache too, which lacks some fields
            for row, hop, whole in _make_rows(route, self.style):
                if row.family in self.style.families and self._matches(row):
                    self._rows[row.family].append(self._format(whole, row, hop))

    def _format(self, route: Record, row: Row, hop: Mapping[str, Any]) -> str:
        gateway = self._find_gateway(route, row, hop)
        interface = row.interface or ""
        if row.family == "inet":
            network = self._name_network(route, row)
            if self.style.verbose:
                return self._format_ire(route, row, network, gateway)
            return self._format_inet(network, gateway, row.letters, interface)
        prefix = self._name_prefix(route)
        if self.style.verbose:
            return self._format_ire6(route, row, prefix, gateway)
        width = 7 if self.style.is_illumos else 6
        counts = f"{count(route['ref_count']):>3} {count(route['use_count']):>{width}}"
        return f"{prefix:<27} {gateway:<27} {row.letters:<5} {counts} {interface:<5}\n"

    def _format_inet(self, network: str, gateway: str, letters: str, interface: str) -> str:
        """Return a row of IPv4: Linux counts neither references nor uses of these routes."""
        if self.style.is_illumos:
            return f"{network:<20} {gateway:<20} {letters:<5}  {'--':>4} {'--':>10} {interface:<9}\n"
        return f"{network:<20} {gateway:<20} {letters:<5}  {'--':>4}{'--':>7}  {interface}\n"

    def _format_ire(self, route: Record, row: Row, network: str, gateway: str) -> str:
        mask = ip_network(f"0.0.0.0/{row.prefix_length}").netmask
        start = (
            f"{network:<20} {mask!s:<15} {gateway:<20} {row.interface or '':<6} {count(self._find_mtu(route, row)):>5}"
        )
        end = f"{row.letters:<4}{'--':>6} {'--':>6}\n"
        if self.style.is_illumos:
            return f"{start} {'--':>3} {end}"
        return f"{start}{self._mark_discovery(route)} {self._find_rtt(route):>4} {'--':>3} {end}"

    def _format_ire6(self, route: Record, row: Row, prefix: str, gateway: str) -> str:
        start = f"{prefix:<27} {gateway:<27} {row.interface or '':<5} {count(self._find_mtu(route, row)):>5}"
        end = f"{count(route['ref_count']):>3} {row.letters:<5} {'--':>6} {'--':>6}\n"
        return f"{start} {end}" if self.style.is_illumos else f"{start}* {self._find_rtt(route):>5} {end}"

    def _find_mtu(self, route: Record, row: Row) -> int | None:
        """Return the path MTU that the route sets, else that of its interface."""
        own: int | None = (route["metrics"] or {}).get("mtu_bytes")
        link = self._links.get(row.interface or "")
        return own or (link.mtu if link else None)

    def _mark_discovery(self, route: Record) -> str:
        """Return ``*`` if the kernel may learn a smaller path MTU: unless the route has locked its own."""
        is_locked = "mtu_bytes" in (route["metrics"] or {}).get("locked", ())
        return "*" if self._is_discovering and not is_locked else " "

    def _find_rtt(self, route: Record) -> int:
        """Return the initial round-trip time in milliseconds, 0 for none, which is what SunOS shows mostly."""
        set_time = (route["metrics"] or {}).get("rtt_ms") or route["irtt_ms"] or 0
        return int(set_time)

    def _find_gateway(self, route: Record, row: Row, hop: Mapping[str, Any]) -> str:
        """Return the gateway, or the address of the interface that leads there."""
        if {*row.letters} & {"R"} or route["type"] in _SILENT:
            return _NO_GATEWAY
        if hop["gateway"]:
            return self.find_host(hop["gateway"])
        if "G" in row.letters:  # an IPv4 route by an IPv6 gateway, which /proc/net/route cannot show
            return _NO_GATEWAY
        if route["preferred_source"]:
            return self.find_host(route["preferred_source"])
        if is_loopback(route) or {*row.letters} & {"L", "B", "b"}:
            return self.find_host(route["destination"])
        return self._find_own_address(row)

    def _find_own_address(self, row: Row) -> str:
        """Return the interface's first address: of IPv6 one inside of the prefix, else a link-local one."""
        link = self._links.get(row.interface or "")
        found = first_addresses(link.addresses, row.family) if link else []
        if row.family == "inet6":
            network = ip_network((row.destination, row.prefix_length), strict=False)
            within = [address for address in found if ip_address(address["address"]) in network]
            found = within or [address for address in found if address["scope"] == "link"]
        return self.find_host(found[0]["address"]) if found else _NO_GATEWAY

    def _name_network(self, route: Record, row: Row) -> str:
        """Return the destination of an IPv4 route: the name of a host or a network, without its length."""
        destination: str = route["destination"]
        if destination in UNSPECIFIED:
            return "default" if not row.prefix_length else destination
        if row.prefix_length == _HOST_LENGTHS["inet"] or self.style.numeric:
            return self.find_host(destination)
        named = self.names.network(destination)
        return self.find_host(destination) if named == destination else named

    def _name_prefix(self, route: Record) -> str:
        """Return the destination of an IPv6 route, and its length unless it is a host."""
        destination, length = route["destination"], route["prefix_length"]
        if destination in UNSPECIFIED:
            return "default" if not length else f"{destination}/{length}"
        return self.find_host(destination) if length == _HOST_LENGTHS["inet6"] else f"{destination}/{length}"

    def end(self) -> None:
        """Write the tables that have rows."""
        headings = _ILLUMOS_HEADINGS if self.style.is_illumos else _HEADINGS
        for family, rows in self._rows.items():
            if rows:
                self.write(self.style.drop_version(headings[family, self.style.verbose], ":") + "".join(rows))


def _find_fields(style: SolarisStyle, reader: Reader) -> frozenset[str] | None:
    """Return the fields of a reader of routes; None for another reader, and without -a for one of the cache."""
    if reader.kind == "route.cache":
        return _CACHE_FIELDS if style.all else None
    return _ROUTE_FIELDS if reader.kind == "route" else None


def _complete(entry: Record) -> Record:
    """Return an entry of the cache with the fields of a route. Its source is that of packets, not of the route."""
    cached = {"flags": [*entry["flags"], "cache"], "metrics": {"mtu_bytes": entry["mtu_bytes"]}, "source": None}
    return {**dict.fromkeys(_ROUTE_FIELDS), **entry, **cached}


def _shows_discovery(style: SolarisStyle) -> bool:
    """Return whether it is shown which IPv4 routes may learn a smaller path MTU."""
    return style.verbose and "inet" in style.families and not style.is_illumos


def _make_rows(route: Record, style: SolarisStyle) -> Iterator[tuple[Row, Mapping[str, Any], Record]]:
    """Yield a row for each next hop of a route that is listed, the hop, and the route; one without several is its own.

    IPv6 routes of a source have no row in SunOS.
    """
    if "mtu_bytes" in route:
        if route["state"] is not None:  # a neighbour, which old kernels list among cached routes
            return
        route = _complete(route)
    if route["source"]:
        return
    destination = ip_address(route["destination"])
    for hop in route["next_hops"] or (route,):
        letters = find_letters(route, hop, is_illumos=style.is_illumos)
        if is_listed(route, letters, style):
            is_nowhere = "R" in letters or route["type"] in _SILENT
            interface = None if is_nowhere else hop["interface"]
            yield Row(route["family"], destination, route["prefix_length"], interface, letters), hop, route
