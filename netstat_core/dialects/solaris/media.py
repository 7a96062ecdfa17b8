"""``-p``: net to media tables, the neighbours of IPv4 (ARP) and IPv6 (ND), with the addresses of the host itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import Any

from netstat_core.dialects.solaris.forms import Form, Rule, Write
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Head
from netstat_core.report.selection import Demand

_INET = """\
Net to Media Table: IPv4
Device   IP Address               Mask      Flags   Phys Addr \n\
------ -------------------- --------------- ----- ---------------
"""
_INET6 = """
Net to Media Table: IPv6
 If   Physical Address    Type      State      Destination/Mask
----- -----------------  ------- ------------ ---------------------------
"""
_MASK = "255.255.255.255"

_STATES = {
    "incomplete": "INCOMPLETE",
    "reachable": "REACHABLE",
    "stale": "STALE",
    "delay": "DELAY",
    "probe": "PROBE",
    "failed": "UNREACHABLE",
    "noarp": "REACHABLE",
    "permanent": "REACHABLE",
}
_TYPES = {"noarp": "other", "permanent": "static"}
_UNRESOLVED = ("incomplete", "failed")

_FIELDS = {
    "neighbour": frozenset({"family", "address", "hardware_address", "interface", "state", "proxy"}),
    "interface": frozenset({"name", "index", "addresses", "hardware_address", "hardware_type", "flags"}),
}


class Media(Form):
    """Neighbours in the order of the kernel, then the host's own addresses by the index of their interface."""

    @classmethod
    def is_selected(cls, style: SolarisStyle) -> bool:
        """Return whether -p is given, with a family of the Internet."""
        return "media" in style.forms and style.is_internet

    @classmethod
    def tables(cls, style: SolarisStyle) -> Sequence[str]:  # noqa: ARG003
        """Return the table of neighbours."""
        return ("neighbours",)

    @classmethod
    def further_tables(cls, style: SolarisStyle) -> Sequence[str]:  # noqa: ARG003
        """Return the interfaces: Linux keeps no neighbours for the host's own addresses, SunOS does."""
        return ("interfaces",)

    @classmethod
    def demand(cls, style: SolarisStyle, reader: Reader) -> Demand | None:  # noqa: ARG003
        """Return the fields of neighbours and interfaces."""
        return Demand(_FIELDS[reader.kind]) if reader.kind in _FIELDS else None

    @classmethod
    def shown(cls, style: SolarisStyle, reader: Reader) -> Rule | None:
        """Return the rule for the families that are shown."""
        if reader.kind != "neighbour":
            return None
        return lambda record: record["family"] in style.families and not _is_kernels_own(record)

    def __init__(self, style: SolarisStyle, head: Head, memory: dict[str, Any], write: Write) -> None:
        super().__init__(style, head, memory, write)
        self._rows: dict[str, list[str]] = {"inet": [], "inet6": []}
        self._own: list[tuple[int, str, str]] = []

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Format the rows of neighbours, or of the addresses of interfaces."""
        if reader.kind == "interface":
            for record in batch:
                self._own += self._format_own(record)
            return
        for record in batch:
            if record["family"] in self.style.families and not _is_kernels_own(record):
                format_row = self._format_inet if record["family"] == "inet" else self._format_inet6
                self._rows[record["family"]].append(format_row(record))

    def _format_inet(self, record: Record) -> str:
        physical, state = record["hardware_address"], record["state"]
        if record["proxy"]:
            flags = "SP"
        elif state == "permanent":
            flags = "S"
        elif physical is None or state in _UNRESOLVED:
            flags, physical = "U", None
        else:
            flags = "M" if state == "noarp" else self._mark_age(state)
        return self._format_inet_row(record["interface"], record["address"], flags, physical)

    def _mark_age(self, state: str | None) -> str:
        """Return the letter of an entry that was not confirmed lately, which later illumos has."""
        return "o" if self.style.is_illumos and state in ("stale", "delay", "probe") else ""

    def _format_inet_row(self, interface: str | None, address: str, flags: str, physical: str | None) -> str:
        width = 8 if self.style.is_illumos else 5
        host = self.find_host(address)
        return f"{interface or '':<6} {host:<20} {_MASK:<15} {flags:<{width}} {physical or ''}\n"

    def _format_inet6(self, record: Record) -> str:
        state = record["state"]
        word = "--" if state is None else _STATES.get(state, "UNKNOWN")
        kind = "static" if record["proxy"] else _TYPES.get(state or "", "dynamic")
        if record["proxy"] and state is None:
            word = "REACHABLE"
        return self._format_inet6_row(record["interface"], record["hardware_address"], kind, word, record["address"])

    def _format_inet6_row(
        self, interface: str | None, physical: str | None, kind: str, state: str, address: str
    ) -> str:
        return f"{interface or '':<5} {physical or '':<17}  {kind:<7} {state:<12} {self.find_host(address):<27}\n"

    def _format_own(self, record: Record) -> Iterator[tuple[int, str, str]]:
        """Yield index, family and row of each address of an interface that is up and resolves addresses."""
        flags = record["flags"] or ()
        if "up" not in flags or {"loopback", "noarp", "pointopoint"} & {*flags} or not record["hardware_address"]:
            return
        for family in sorted(self.style.families & {"inet", "inet6"}):
            for address in (each for each in record["addresses"] or () if each["family"] == family):
                if family == "inet":
                    row = self._format_own_inet(record, address)
                else:
                    row = self._format_inet6_row(
                        record["name"], record["hardware_address"], "local", "REACHABLE", address["address"]
                    )
                yield record["index"], family, row

    def _format_own_inet(self, record: Record, address: Record) -> str:
        flags = "SPLA" if self.style.is_illumos else "SP"
        if self.style.is_illumos and "tentative" in address["flags"]:
            flags = "SPLd"
        return self._format_inet_row(record["name"], address["address"], flags, record["hardware_address"])

    def end(self) -> None:
        """Write the tables that have rows, and the empty line that ends the one of IPv6."""
        for _, family, row in sorted(self._own, key=lambda own: own[0]):
            self._rows[family].append(row)
        if self._rows["inet"]:
            self.write(self._get_heading() + "".join(self._rows["inet"]))
        if "inet6" in self.style.families:
            self.write((_INET6 if self._rows["inet6"] else "") + "".join(self._rows["inet6"]) + "\n")

    def _get_heading(self) -> str:
        heading = self.style.drop_version(_INET)
        if not self.style.is_illumos:
            return heading
        return heading.replace("Flags   Phys Addr ", "Flags      Phys Addr").replace(" ----- ", " -------- ")


def _is_kernels_own(record: Record) -> bool:
    """Return whether an entry is one of IPv4 that needs no resolution, such as ``lo 0.0.0.0``; groups are shown."""
    is_unresolved = record["family"] == "inet" and record["state"] == "noarp" and not record["proxy"]
    return is_unresolved and not ip_address(record["address"]).is_multicast
