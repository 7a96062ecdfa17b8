"""``-i``: interfaces by address, and with an interval the packets of one interface and of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Interface
from typing import Any, NamedTuple

from netstat_core.dialects.solaris.forms import UNSPECIFIED, Form, Rule, Write, count, subtract
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Head
from netstat_core.report.selection import Demand

_COUNTERS = ("rx_packets", "rx_errors", "tx_packets", "tx_errors", "collisions")
_FIELDS = frozenset({"name", "index", "mtu", "flags", "addresses", "hardware_address", *_COUNTERS})
_HEADINGS = {
    "inet": "Name  Mtu  Net/Dest      Address        Ipkts  Ierrs Opkts  Oerrs Collis Queue \n",
    "inet6": "Name  Mtu  Net/Dest                    Address                     Ipkts  Ierrs Opkts  Oerrs Collis\n",
}
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
        families = style.families

        def rule(record: Record) -> bool:
            has_address = any(address["family"] in families for address in record["addresses"] or ())
            return has_address and (style.interface is None or style.interface in _list_names(record))

        return rule

    def __init__(self, style: SolarisStyle, head: Head, memory: dict[str, Any], write: Write) -> None:
        super().__init__(style, head, memory, write)
        self._rows: dict[str, list[tuple[int, str]]] = {"inet": [], "inet6": []}

    def batch(self, reader: Reader, batch: Batch) -> None:  # noqa: ARG002
        """Format the rows of each interface."""
        for record in batch:
            for family, rows in self._rows.items():
                if family in self.style.families:
                    rows.append((record["index"], "".join(self._format(record, family))))

    def _format(self, record: Record, family: str) -> Iterator[str]:
        """Yield the row of the interface with its first address, and with -a a row for each address."""
        addresses = first_addresses(record["addresses"], family)
        wanted = self.style.interface
        if not addresses:
            return
        if wanted in (None, record["name"]):
            counters = [count(record[name]) for name in _COUNTERS]
            yield self._format_row(record, record["name"], addresses[0], counters)
        if self.style.all:
            for address in addresses:
                name = address["label"] or record["name"]
                if wanted in (None, name, record["name"]):
                    yield self._format_row(record, name, address, ["--", "N/A", "--", "N/A", "N/A"])

    def _format_row(self, record: Record, name: str, address: Record, counters: Sequence[str]) -> str:
        received, rx_errors, sent, tx_errors, collisions = counters
        start = f"{name:<5} {count(record['mtu']):<5}"
        end = f"{received:<6} {rx_errors:<5} {sent:<6} {tx_errors:<5} {collisions:<6}"
        host = self.find_host(address["address"])
        if address["family"] == "inet":
            return f"{start}{self._name_network(address):<13} {host:<14} {end} {'0':<6}\n"
        return f"{start}{self._name_prefix(address):<27} {host:<27} {end}\n"

    def _name_network(self, address: Record) -> str:
        """Return the peer of a point-to-point address; else the name of the network, or of the host, or the network."""
        peer = address["peer_address"]
        if peer is not None and peer != address["address"]:
            return self.find_host(peer)
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
            text = "".join(row for _, row in sorted(rows))
            if text:
                self.write(f"{_HEADINGS[family]}{text}\n")


def _list_names(record: Record) -> set[str]:
    """Return the names of an interface and of its addresses."""
    return {record["name"], *(address["label"] for address in record["addresses"] or () if address["label"])}


class _Link(NamedTuple):
    """What the interval form keeps of an interface."""

    has_address: bool
    is_loopback: bool
    counters: tuple[int | None, ...]


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
        """Keep the counters of each interface."""
        for record in batch:
            self._links[record["name"]] = _Link(
                any(address["family"] == self._family for address in record["addresses"] or ()),
                "loopback" in record["flags"],
                tuple(record[name] for name in _COUNTERS),
            )

    def end(self) -> None:
        """Write the header, once or with other forms each time, and the line."""
        addressed = {name: link for name, link in self._links.items() if link.has_address} or self._links
        counted = {name: link.counters for name, link in addressed.items()}
        shown = self.style.interface or next(
            (name for name, link in addressed.items() if not link.is_loopback), next(iter(addressed), "")
        )
        stands_alone = self.style.forms == {"interfaces"} and not self.style.verbose
        if "counters" not in self.memory or not stands_alone:
            self.write(_format_header(shown))
        before = self.memory.get("counters", dict.fromkeys(counted, (0,) * len(_COUNTERS)))
        changes = {name: _subtract_all(numbers, before[name]) for name, numbers in counted.items() if name in before}
        totals = [_add(column) for column in zip(*changes.values(), strict=True)] or [0] * len(_COUNTERS)
        self.write(_format_line(changes.get(shown, (0,) * len(_COUNTERS))) + " " + _format_line(totals) + "\n")
        self.write("" if stands_alone else "\n")
        self.memory["counters"] = counted


def _subtract_all(numbers: Sequence[int | None], before: Sequence[int | None]) -> tuple[int | None, ...]:
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
