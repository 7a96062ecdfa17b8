"""``-i``: interfaces by address, and with an interval the packets of one interface and of all."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Interface
from operator import itemgetter
from typing import Any, NamedTuple

from netstat_core.dialects.solaris.forms import UNSPECIFIED, Form, Rule, Write, count, subtract
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Head
from netstat_core.report.selection import Demand

_COUNTERS = ("rx_packets", "rx_errors", "tx_packets", "tx_errors", "collisions")
_FIELDS = frozenset({"name", "index", "mtu", "flags", "aliases", "addresses", *_COUNTERS})
_HEADINGS = {
    "inet": "Name  Mtu  Net/Dest      Address        Ipkts  Ierrs Opkts  Oerrs Collis Queue \n",
    "inet6": "Name  Mtu  Net/Dest                    Address                     Ipkts  Ierrs Opkts  Oerrs Collis\n",
}
_UNCOUNTED = ("--", "N/A", "--", "N/A", "N/A")
_Counters = tuple[int | None, ...]
_ZEROS: _Counters = (0,) * len(_COUNTERS)
_LONGEST_NAME = 6
_FULL_LENGTH = 128


def first_addresses(addresses: Sequence[Record] | None, family: str) -> list[Record]:
    """Return the addresses of a family in SunOS's order: of IPv6 the link-local ones first, which it makes first."""
    found = [address for address in addresses or () if address["family"] == family]
    return sorted(found, key=lambda address: address["scope"] != "link") if family == "inet6" else found


class _InterfaceForm(Form):
    """What both forms read."""

    @classmethod
    def tables(cls, style: SolarisStyle) -> Sequence[str]:  # noqa: ARG003
        """Return the table of interfaces."""
        return ("interfaces",)

    @classmethod
    def demand(cls, style: SolarisStyle, reader: Reader) -> Demand | None:  # noqa: ARG003
        """Return the fields of a row."""
        return Demand(_FIELDS) if reader.kind == "interface" else None


class Interfaces(_InterfaceForm):
    """A table for IPv4 and one for IPv6: interfaces with an address of the family, in the order of their index."""

    @classmethod
    def is_selected(cls, style: SolarisStyle) -> bool:
        """Return whether -i is given without an interval."""
        return "interfaces" in style.forms and style.is_internet and not style.is_repeated

    @classmethod
    def shown(cls, style: SolarisStyle, reader: Reader) -> Rule | None:  # noqa: ARG003
        """Return the rule for interfaces that a table shows."""
        return lambda record: any(_list_rows(style, record, family) for family in style.families)

    def __init__(self, style: SolarisStyle, head: Head, memory: dict[str, Any], write: Write) -> None:
        super().__init__(style, head, memory, write)
        self._rows: dict[str, list[tuple[int, str]]] = {"inet": [], "inet6": []}

    def batch(self, reader: Reader, batch: Batch) -> None:  # noqa: ARG002
        """Format the rows of each interface."""
        for record in batch:
            for family, rows in self._rows.items():
                if family in self.style.families:
                    text = "".join(self._format_row(record, *row) for row in _list_rows(self.style, record, family))
                    rows.append((record["index"] or 0, text))

    def _format_row(self, record: Record, name: str | None, address: Record) -> str:
        """Return the row of an interface, or that of an address by its name: Linux counts nothing for addresses."""
        counters = _UNCOUNTED if name else [count(record[field]) for field in _COUNTERS]
        received, rx_errors, sent, tx_errors, collisions = counters
        name = name or record["name"]
        start = f"{name:<5} {count(record['mtu']):<5}"
        end = f"{received:<6} {rx_errors:<5} {sent:<6} {tx_errors:<5} {collisions:<6}"
        host = self.find_host(address["address"])
        if address["family"] == "inet":
            return f"{start}{self._name_network(record, address):<13} {host:<14} {end} {'0':<6}\n"
        return f"{start}{self._name_prefix(address):<27} {host:<27} {end}\n"

    def _name_network(self, record: Record, address: Record) -> str:
        """Return the peer on a point-to-point link; else the name of the network, or of the host, or the network."""
        if address["peer_address"] is not None and "pointopoint" in (record["flags"] or ()):
            return self.find_host(address["peer_address"])
        network = str(IPv4Interface(f"{address['address']}/{address['prefix_length']}").network.network_address)
        if not address["prefix_length"] and network in UNSPECIFIED:
            return "default"
        named = self.names.network(network)
        if self.style.numeric or named != network:
            return named
        host = self.find_host(address["address"])
        return network if host == address["address"] else host

    def _name_prefix(self, address: Record) -> str:
        """Return the address, which is not masked, and the length of its prefix."""
        length = address["prefix_length"]
        if not length and address["address"] in UNSPECIFIED:
            return "default"
        host = self.find_host(address["address"])
        return host if length == _FULL_LENGTH else f"{host}/{length}"

    def end(self) -> None:
        """Write the tables that have rows, each with an empty line."""
        for family, rows in self._rows.items():
            text = "".join(row for _, row in sorted(rows, key=itemgetter(0)))
            if text:
                self.write(f"{_HEADINGS[family]}{text}\n")


def _list_rows(style: SolarisStyle, record: Record, family: str) -> list[tuple[str | None, Record]]:
    """Return the rows of an interface: itself with its first address, and with -a each address by its name.

    The name is None for the interface itself.
    """
    addresses = first_addresses(record["addresses"], family)
    wanted = style.interface
    rows: list[tuple[str | None, Record]] = []
    if addresses and wanted in (None, record["name"]):
        rows.append((None, addresses[0]))
    if style.all:
        named = [(address["label"] or record["name"], address) for address in addresses]
        rows += [(name, address) for name, address in named if wanted in (None, name, record["name"])]
    return rows


class _Link(NamedTuple):
    """What the interval form keeps of an interface.

    ``number`` is its index, 0 if unknown; ``is_counted`` is whether the total counts it.
    """

    number: int
    is_counted: bool
    is_loopback: bool
    counters: _Counters


class InterfaceRates(_InterfaceForm):
    """A line for each report: the interface of -I or the first that is no loopback, and the total.

    The first line counts since the machine was started, later ones since the line before.
    """

    @classmethod
    def is_selected(cls, style: SolarisStyle) -> bool:
        """Return whether -i is given with an interval."""
        return "interfaces" in style.forms and style.is_internet and style.is_repeated

    def __init__(self, style: SolarisStyle, head: Head, memory: dict[str, Any], write: Write) -> None:
        super().__init__(style, head, memory, write)
        self._family = "inet" if "inet" in style.families else "inet6"
        self._links: dict[str, _Link] = {}

    def batch(self, reader: Reader, batch: Batch) -> None:  # noqa: ARG002
        """Keep the counters of each interface. Where its IPv4 addresses are not known, as in /proc, it may have one."""
        for record in batch:
            addresses = record["addresses"]
            knows_addresses = addresses is not None and (self._family == "inet6" or record["aliases"] is not None)
            has_address = any(address["family"] == self._family for address in addresses or ())
            self._links[record["name"]] = _Link(
                record["index"] or 0,
                has_address or not knows_addresses,
                "loopback" in (record["flags"] or ()),
                tuple(record[name] for name in _COUNTERS),
            )

    def end(self) -> None:
        """Write the header, once or with other forms each time, and the line."""
        stands_alone = self.style.forms == {"interfaces"} and not self.style.verbose
        is_first = "counters" not in self.memory
        shown = self.memory.setdefault("shown", self._choose())
        if is_first or not stands_alone:
            self.write(_format_header(shown))
        before = self.memory.get("counters", dict.fromkeys(self._links, _ZEROS))
        known = {name: link for name, link in self._links.items() if name in before}
        changes = {name: _subtract_all(link.counters, before[name]) for name, link in known.items()}
        counted = [changes[name] for name, link in known.items() if link.is_counted]
        totals = tuple(map(_add, zip(*counted, strict=True))) or _ZEROS
        self.write(f"{_format_line(changes.get(shown, _ZEROS))} {_format_line(totals)}\n")
        self.write("" if stands_alone else "\n")
        self.memory["counters"] = {name: link.counters for name, link in self._links.items()}

    def _choose(self) -> str:
        """Return the interface of the left half: that of -I, else the first with an address, rather no loopback."""
        if self.style.interface is not None:
            return self.style.interface
        ranked = [(link.is_loopback, link.number, name) for name, link in self._links.items() if link.is_counted]
        return min(ranked)[2] if ranked else ""


def _subtract_all(numbers: _Counters, before: _Counters) -> _Counters:
    return tuple(map(subtract, numbers, before))


def _add(numbers: Sequence[int | None]) -> int | None:
    """Return a sum, which is unknown if one of the numbers is."""
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _format_header(name: str) -> str:
    """Return the two lines above the numbers; a TAB stands where SunOS has one."""
    head = f"    input   {name[:_LONGEST_NAME]:<6}    output\t   input  (Total)    output\n"
    return f"{head}packets errs  packets errs  colls  packets errs  packets errs  colls \n"


def _format_line(counters: Sequence[int | None]) -> str:
    widths = (7, 5, 7, 5, 6)
    return " ".join(f"{count(number):<{width}}" for number, width in zip(counters, widths, strict=True))
