"""``-M``: virtual interfaces and the forwarding cache of multicast routing, ``-Ms``: their statistics. IPv4 only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netstat_core.dialects.solaris.forms import Form, Rule, Write, count, subtract
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Head
from netstat_core.report.selection import Demand

_VIFS = " Vif Threshold Rate_Limit Local-Address   Remote-Address     Pkt_in   Pkt_out\n"
_ENTRIES = "  Origin-Subnet                 Mcastgroup      # Pkts  In-Vif  Out-vifs/Forw-ttl\n"

_TABLE = "default"
_SCALE = 1024
_WIDEST = 4
_UNITS = " kmg"

_FIELDS = {
    "multicast.vif": frozenset(
        {"table", "vif", "interface", "local_address", "remote_address", "rx_packets", "tx_packets"}
    ),
    "multicast.route": frozenset(
        {"table", "group", "origin", "resolved", "interface", "vif", "packets", "wrong_interface", "outgoing"}
    ),
}

_DVMRP = (
    ("hit{} - kernel forwarding cache hits", "hits"),
    ("miss{es} - kernel forwarding cache misses", None),
    ("packet{} potentially forwarded", "received"),
    ("packet{} actually sent out", "sent"),
    ("upcall{} - upcalls made to mrouted", None),
    ("packet{} not sent out due to lack of resources", None),
    ("datagram{} with malformed tunnel options", None),
    ("datagram{} with no room for tunnel options", None),
    ("datagram{} arrived on wrong interface", "wrong"),
    ("datagram{} dropped due to upcall Q overflow", None),
    ("datagram{} cleaned up by the cache", None),
    ("datagram{} dropped selectively by ratelimiter", None),
    ("datagram{} dropped - bucket Q overflow", None),
    ("datagram{} dropped - larger than bkt size", None),
)
"""Words of the counters, with the place of the plural's ending, and the sum that Linux has for them."""

_PIM = (
    "dropped - bad version number",
    "dropped - bad checksum",
    "dropped - bad register packets",
    "potentially forwarded - register packets",
    "dropped - register send drops",
    "dropped - packet malformed",
    "dropped - no memory to forward",
)


class _MulticastForm(Form):
    """What both forms read: the IPv4 interfaces and routes of multicast routing."""

    @classmethod
    def tables(cls, style: SolarisStyle) -> Sequence[str]:  # noqa: ARG003
        """Return the table of multicast routing."""
        return ("multicast_routes",)

    @classmethod
    def demand(cls, style: SolarisStyle, reader: Reader) -> Demand | None:  # noqa: ARG003
        """Return the fields of vifs and cache entries of IPv4."""
        return Demand(_FIELDS[reader.kind]) if reader.kind in _FIELDS and "inet" in reader.families else None

    @classmethod
    def shown(cls, style: SolarisStyle, reader: Reader) -> Rule | None:  # noqa: ARG003
        """Return the rule for the table that /proc shows: SunOS has one only."""
        return _is_default if reader.kind in _FIELDS else None


class MulticastRoutes(_MulticastForm):
    """The table of virtual interfaces, then the forwarding cache."""

    @classmethod
    def is_selected(cls, style: SolarisStyle) -> bool:
        """Return whether -M is given without -s, and IPv4 is shown."""
        return "multicast" in style.forms and "statistics" not in style.forms and "inet" in style.families

    @classmethod
    def further_tables(cls, style: SolarisStyle) -> Sequence[str]:  # noqa: ARG003
        """Return the interfaces, whose address a vif has that was named by the index of its interface."""
        return ("interfaces",)

    @classmethod
    def demand(cls, style: SolarisStyle, reader: Reader) -> Demand | None:
        """Return the fields of vifs, entries and interfaces."""
        if reader.kind == "interface":
            return Demand(frozenset({"name", "addresses"}))
        return super().demand(style, reader)

    def __init__(self, style: SolarisStyle, head: Head, memory: dict[str, Any], write: Write) -> None:
        super().__init__(style, head, memory, write)
        self._addresses: dict[str, str] = {}
        self._vifs: list[Record] = []
        self._numbers: dict[str, int] = {}
        self._entries: list[str] = []

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Format entries; vifs, of which there are at most 32, wait for the addresses of interfaces."""
        if reader.kind == "multicast.vif":
            self._vifs += filter(_is_default, batch)
            self._numbers = {vif["interface"]: vif["vif"] for vif in self._vifs}
        elif reader.kind == "multicast.route":
            self._entries += map(self._format_entry, filter(_is_default, batch))
        else:
            for record in batch:
                own = [each["address"] for each in record["addresses"] or () if each["family"] == "inet"]
                self._addresses.update({record["name"]: own[0]} if own else {})

    def _format_vif(self, vif: Record) -> str:
        local = vif["local_address"] or self._addresses.get(vif["interface"])
        local = "--" if local is None else self.find_host(local)
        remote = self.find_host(vif["remote_address"]) if vif["remote_address"] else ""
        return (
            f"  {vif['vif']:>2}       {'--':>3}       {'--':>4} {local:<15.15} {remote:<15.15}"
            f"  {count(vif['rx_packets']):>8}  {count(vif['tx_packets']):>8}\n"
        )

    def _format_entry(self, entry: Record) -> str:
        incoming = count(self._find_vif(entry))
        outgoing = "".join(f"      {count(self._find_vif(hop))} ({hop['ttl']})" for hop in entry["outgoing"])
        origin, group = self.find_host(entry["origin"]), self.find_host(entry["group"])
        packets = _scale(entry["packets"])
        return f"  {origin[:15]:<29} {group:<15.15}   {packets}  {incoming:>3}    {outgoing}\n"

    def _find_vif(self, place: Record) -> int | None:
        """Return the number of a vif, which netlink names by its interface."""
        number: int | None = place["vif"]
        return self._numbers.get(place["interface"]) if number is None else number

    def end(self) -> None:
        """Write both tables, or that they are empty."""
        vifs = "".join(map(self._format_vif, self._vifs))
        self.write(f"\nVirtual Interface Table{'' if vifs else ' is empty'}\n")
        if vifs:
            self.write(f"{_VIFS}{vifs}Numvifs: {len(self._vifs)}\n")
        self.write(f"\nMulticast Forwarding Cache{'' if self._entries else ' is empty'}\n")
        if self._entries:
            entries = "".join(self._entries)
            self.write(f"{_ENTRIES}{entries}\nTotal no. of entries in cache: {len(self._entries)}\n")
        self.write("\n")


def _is_default(record: Record) -> bool:
    return bool(record["table"] == _TABLE)


def _scale(number: int | None) -> str:
    """Return a count in four columns and the letter of its unit.

    >>> _scale(12), _scale(10240), _scale(None)
    ('  12 ', '  10k', '  -- ')
    """
    if number is None:
        return "  -- "
    unit = 0
    while len(str(number)) > _WIDEST and unit < len(_UNITS) - 1:
        number //= _SCALE
        unit += 1
    return f"{number:>4}{_UNITS[unit]}"


class MulticastStatistics(_MulticastForm):
    """Sums over vifs and entries, where Linux has them; later reports show what came since the one before."""

    @classmethod
    def is_selected(cls, style: SolarisStyle) -> bool:
        """Return whether -M and -s are given, and IPv4 is shown."""
        return {"multicast", "statistics"} <= style.forms and "inet" in style.families

    def __init__(self, style: SolarisStyle, head: Head, memory: dict[str, Any], write: Write) -> None:
        super().__init__(style, head, memory, write)
        self._sums: dict[str, int | None] = dict.fromkeys(("hits", "received", "sent", "wrong"), 0)

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Add up the counters."""
        batch = batch.kept(map(_is_default, batch.read_only()))
        if reader.kind == "multicast.vif":
            self._add("received", batch.column("rx_packets"))
            self._add("sent", batch.column("tx_packets"))
        else:
            resolved = batch.kept(batch.column("resolved"))
            self._add("hits", resolved.column("packets"))
            self._add("wrong", resolved.column("wrong_interface"))

    def _add(self, name: str, numbers: Sequence[int | None]) -> None:
        """Add numbers to a sum, which is unknown if any of them is."""
        total = self._sums[name]
        known = [number for number in numbers if number is not None]
        self._sums[name] = None if total is None or len(known) < len(numbers) else total + sum(known)

    def end(self) -> None:
        """Write a line for each counter."""
        before: dict[str, int | None] = self.memory.get("sums", dict.fromkeys(self._sums, 0))
        self.memory["sums"] = self._sums
        changes = {name: subtract(number, before[name]) for name, number in self._sums.items()}
        self.write("\nDVMRP multicast routing:\n")
        self.write("".join(_format_counter(text, changes[name] if name else None) for text, name in _DVMRP))
        self.write("\nPIM multicast routing:\n")
        self.write("".join(_format_counter(f"datagram{{}} {text}", None) for text in _PIM) + "\n")


def _format_counter(text: str, number: int | None) -> str:
    """Return a line of a counter, its word in the plural unless the number is 1."""
    plural = text.replace("{es}", "{}").format("" if number == 1 else "es" if "{es}" in text else "s")
    return f" {count(number):>10} {plural}\n"
