"""``-D``: the DHCP leases of interfaces, made from the files of Linux's clients and the kernel's lifetimes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from netstat_core.dialects.solaris.forms import FIRST, Form, Rule, Write
from netstat_core.dialects.solaris.route_filters import Mistake
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Head
from netstat_core.report.selection import Demand

_HEADING = "Interface  State         Sent  Recv  Declined  Flags\n"
_UNCONTROLLED = "interface is not under DHCP control"
_UNKNOWN = "interface does not exist or cannot be managed using DHCP"
_TIMED = ("BOUND", "RENEWING", "REBINDING")

_FIELDS = {
    "dhcp.lease": frozenset(
        {"interface", "interface_index", "bootp", "started_at", "renew_at", "expires_at", "endless", "state", "present"}
    ),
    "route": frozenset({"family", "prefix_length", "destination", "type", "table", "metric", "interface", "next_hops"}),
    "interface": frozenset({"name"}),
}


class AgentError(Mistake):
    """An interface that has no lease. The header is written by then, as SunOS writes it before it asks its agent."""

    exit_status = 2

    def __init__(self, reason: str) -> None:
        super().__init__(f"netstat: dhcp_do_ipc: {reason}")


class Leases(Form):
    """A row for each interface with a lease, by its index, and its times in a second line."""

    @classmethod
    def is_selected(cls, style: SolarisStyle) -> bool:
        """Return whether -D is given, and IPv4 is shown."""
        return "dhcp" in style.forms and "inet" in style.families

    @classmethod
    def tables(cls, style: SolarisStyle) -> Sequence[str]:  # noqa: ARG003
        """Return the table of leases."""
        return ("leases",)

    @classmethod
    def further_tables(cls, style: SolarisStyle) -> Sequence[str]:
        """Return the routes, of which the default one is PRIMARY, and the interfaces, of which -I names one."""
        return ("routes", "interfaces") if style.interface is not None else ("routes",)

    @classmethod
    def demand(cls, style: SolarisStyle, reader: Reader) -> Demand | None:
        """Return the fields of leases, IPv4 routes and interfaces."""
        if reader.kind == "dhcp.lease":
            return Demand(_FIELDS[reader.kind])
        is_read = reader.kind in cls.further_kinds(style) and "inet" in reader.families
        return Demand(_FIELDS[reader.kind], order=FIRST) if is_read else None

    @classmethod
    def further_kinds(cls, style: SolarisStyle) -> Sequence[str]:
        """Return the kinds of the records in the further tables."""
        return ("route", "interface") if style.interface is not None else ("route",)

    @classmethod
    def shown(cls, style: SolarisStyle, reader: Reader) -> Rule | None:
        """Return the rule for leases: those of the named interfaces, otherwise those that are not over.

        An interface that still has the address of a lease that is over is shown too.
        """
        if reader.kind != "dhcp.lease":
            return None
        if style.interface is not None:
            names = style.interface.split()
            return lambda record: record["interface"] in names
        return lambda record: bool(record["present"]) or record["state"] != "INIT"

    def __init__(self, style: SolarisStyle, head: Head, memory: dict[str, Any], write: Write) -> None:
        super().__init__(style, head, memory, write)
        self._leases: list[Record] = []
        self._primary: tuple[int, str | None] | None = None
        self._interfaces: set[str] = set()

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Keep the leases, and what their rows need of other tables."""
        if reader.kind == "dhcp.lease":
            shown = self.shown(self.style, reader)
            self._leases += [record for record in batch if shown is None or shown(record)]
        elif reader.kind == "route":
            for record in batch:
                self._note_route(record)
        else:
            self._interfaces.update(batch.column("name"))

    def _note_route(self, record: Record) -> None:
        """Keep the interface of the IPv4 default route with the lowest metric; of equal ones the first."""
        is_usable = record["type"] in (None, "unicast") and record["table"] in (None, "main")
        if record["prefix_length"] or not is_usable:
            return
        if self._primary is None or record["metric"] < self._primary[0]:
            hops = record["next_hops"] or [record]
            self._primary = record["metric"], hops[0]["interface"]

    def end(self) -> None:
        """Write the header, the rows, and the error of the first named interface without a lease."""
        self.write(_HEADING)
        by_name = {record["interface"]: record for record in self._leases}
        if self.style.interface is None:
            self.write("".join(line for record in self._leases for line in self._format(record)))
            return
        for name in self.style.interface.split() or [""]:
            if name not in by_name:
                raise AgentError(_UNCONTROLLED if name in self._interfaces else _UNKNOWN)
            self.write("".join(self._format(by_name[name])))

    def _format(self, record: Record) -> Iterator[str]:
        """Yield the row of a lease; the agent's counters have no like on Linux."""
        state = record["state"] or "<unknown>"
        interface = record["interface"] or "--"
        yield f"{interface:<10} {state:<12} {'--':>5} {'--':>5} {'--':>9}  {self._format_flags(record)}\n"
        times = [record[name] for name in ("started_at", "expires_at", "renew_at")]
        if state in _TIMED and (record["endless"] or any(times)):
            never = ("--", "Never", "Never") if record["endless"] else ("--",) * 3
            words = (_format_time(each) if each else word for each, word in zip(times, never, strict=True))
            yield f"(Began, Expires, Renew) = ({', '.join(words)})\n"

    def _format_flags(self, record: Record) -> str:
        flags = {
            "PRIMARY": self._primary is not None and self._primary[1] == record["interface"] is not None,
            "BOOTP": record["bootp"],
            "FAILED": record["state"] == "INIT" and record["present"] is False,
        }
        return "".join(f"[{flag}] " for flag, is_set in flags.items() if is_set)


def _format_time(text: str) -> str:
    """Return a time of a record as local time."""
    seconds = datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    return time.strftime("%m/%d/%Y %H:%M", time.localtime(seconds))
