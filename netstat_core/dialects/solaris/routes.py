"""``-r``: the routing tables of IPv4 and IPv6, with ``-v`` the IRE tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

from netstat_core.dialects.solaris.forms import FIRST, UNSPECIFIED, Form, Rule, Write, count
from netstat_core.dialects.solaris.interfaces import first_addresses
from netstat_core.dialects.solaris.route_filters import Row, check_interfaces, make_rule
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
_INTERFACE_FIELDS = frozenset({"name", "index", "mtu", "addresses", "hardware_address"})

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

_NO_GATEWAY = "    --"
_HOST_LENGTHS = {"inet": 32, "inet6": 128}
_LOOPBACK = ("127.0.0.1", "::1")
_NULL_ROUTE_METRIC = 0xFFFFFFFF
_REJECTING = ("unreachable", "prohibit")
_SILENT = ("blackhole", "throw")


class Link(NamedTuple):
    """What a row shows of its interface."""

    number: int
    mtu: int | None
    addresses: Sequence[Record]


def find_letters(route: Record, *, is_illumos: bool = False) -> str:
    """Return the flags of a route, in SunOS's order; those of later illumos differ for broadcast and blackhole."""
    flags, kind = route["flags"], route["type"]
    hops = route["next_hops"] or ()
    has_gateway = "gateway" in flags or bool(route["gateway"]) or any(hop["gateway"] for hop in hops)
    is_local = not is_loopback(route) and (kind in ("local", "anycast") or bool({"local", "anycast"} & {*flags}))
    is_source_set = bool(route["preferred_source"]) and route["protocol"] != "kernel"
    letters = {
        "U": True,
        "G": has_gateway,
        "H": route["prefix_length"] == _HOST_LENGTHS[route["family"]],
        "D": "dynamic" in flags,
        "A": "cache" in flags and not is_illumos,
        "b" if is_illumos else "B": kind == "broadcast",
        "L": is_local,
        "S": is_source_set,
        "R": kind in _REJECTING or "reject" in flags,
    }
    text = "".join(letter for letter, is_set in letters.items() if is_set)
    return text + "RB" if is_illumos and kind == "blackhole" else text


def is_loopback(route: Record) -> bool:
    """Return whether this is the route to the host itself, which SunOS always lists."""
    is_host = route["prefix_length"] == _HOST_LENGTHS[route["family"]]
    return is_host and route["destination"] in _LOOPBACK and route["interface"] == "lo"


def is_listed(route: Record, letters: str, style: SolarisStyle) -> bool:
    """Return whether a route is listed: without -a no local, broadcast and cached ones; never the null route.

    /proc/net/ipv6_route shows the null route, which rejects what nothing else matches, on lo with the largest metric.
    Without -a IPv4 shows the table main, and IPv6 all tables.
    """
    if "reject" in route["flags"] and route["metric"] == _NULL_ROUTE_METRIC:
        return False
    if style.all or is_loopback(route):
        return True
    is_main = route["family"] == "inet6" or route["table"] in ("main", None)
    return is_main and not {*letters} & {"A", "B", "b", "L"}


class Routes(Form):
    """A table for each family, in the order of the kernel."""

    @classmethod
    def is_selected(cls, style: SolarisStyle) -> bool:
        """Return whether -r is given, with a family of the Internet."""
        return "routes" in style.forms and style.is_internet

    @classmethod
    def tables(cls, style: SolarisStyle) -> Sequence[str]:  # noqa: ARG003
        """Return the table of routes."""
        return ("routes",)

    @classmethod
    def further_tables(cls, style: SolarisStyle) -> Sequence[str]:  # noqa: ARG003
        """Return the interfaces, whose addresses are the gateways of routes without one."""
        return ("interfaces",)

    @classmethod
    def demand(cls, style: SolarisStyle, reader: Reader) -> Demand | None:
        """Return the fields of routes and interfaces."""
        if reader.kind == "interface":
            return Demand(_INTERFACE_FIELDS, order=FIRST)
        return Demand(_ROUTE_FIELDS) if reader.kind == "route" and set(reader.families) & style.families else None

    @classmethod
    def shown(cls, style: SolarisStyle, reader: Reader) -> Rule | None:
        """Return the rule for routes that have a row; the names of ``outif`` are not checked, nor are indexes known."""
        if reader.kind != "route":
            return None
        matches = make_rule(style.filters, {})
        return lambda route: any(map(matches, _make_rows(route, style)))

    def __init__(self, style: SolarisStyle, head: Head, memory: dict[str, Any], write: Write) -> None:
        super().__init__(style, head, memory, write)
        self._links: dict[str, Link] = {}
        self._rows: dict[str, list[str]] = {"inet": [], "inet6": []}
        self._matches = None if style.filters else make_rule((), {})

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Format the rows of routes. Interfaces come before them."""
        if reader.kind == "interface":
            for link in batch:
                self._links[link["name"]] = Link(link["index"], link["mtu"], link["addresses"] or ())
            return
        indexes = {name: link.number for name, link in self._links.items()}
        if self._matches is None:
            check_interfaces(self.style.filters, indexes)
            self._matches = make_rule(self.style.filters, indexes)
        for route in batch:
            for row, hop in zip(_make_rows(route, self.style), _list_hops(route), strict=False):
                if row.family in self.style.families and self._matches(row):
                    self._rows[row.family].append(self._format(route, row, hop))

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
        return " " if "mtu_bytes" in (route["metrics"] or {}).get("locked", ()) else "*"

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
        if self._matches is None:
            check_interfaces(self.style.filters, {name: link.number for name, link in self._links.items()})
        headings = _ILLUMOS_HEADINGS if self.style.is_illumos else _HEADINGS
        for family, rows in self._rows.items():
            if rows:
                self.write(self.style.drop_version(headings[family, self.style.verbose], ":") + "".join(rows))


def _list_hops(route: Record) -> Sequence[Mapping[str, Any]]:
    """Return the next hops of a route, one at least."""
    return route["next_hops"] or [route]


def _make_rows(route: Record, style: SolarisStyle) -> Iterator[Row]:
    """Yield a row for each next hop of a route that is listed. IPv6 routes of a source have no row in SunOS."""
    letters = find_letters(route, is_illumos=style.is_illumos)
    if route["source"] is not None or not is_listed(route, letters, style):
        return
    is_nowhere = "R" in letters or route["type"] in _SILENT
    for hop in _list_hops(route):
        interface = None if is_nowhere else hop["interface"]
        yield Row(route["family"], ip_address(route["destination"]), route["prefix_length"], interface, letters)
