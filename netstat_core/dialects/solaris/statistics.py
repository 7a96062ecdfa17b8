"""``-s``: counters by protocol; with ``-a`` those of IPv6 for each interface too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from netstat_core.dialects.solaris.forms import Form, Write, count, subtract
from netstat_core.dialects.solaris.statistic_names import (
    BLOCKS,
    IGMP,
    IGMP_TEXTS,
    KNOWN_ICMP_TYPES,
    SCTP,
    Block,
    Counter,
)
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.sinks import Head
from netstat_core.report.selection import Demand

Numbers = Mapping[tuple[str, str | None], Mapping[str, int | None]]
"""Counters by section and interface; None for the counters of all interfaces."""

_IN_TYPE = "InType"
_FORWARDING = ("net.ipv6.conf.*.forwarding",)
_RTO_ALGORITHMS = {4: "vanj"}


class Statistics(Form):
    """The blocks of the protocols. Later reports show what came since the one before, but for settings and levels."""

    @classmethod
    def is_selected(cls, style: SolarisStyle) -> bool:
        """Return whether -s is given without -M, with a family of the Internet."""
        return "statistics" in style.forms and "multicast" not in style.forms and style.is_internet

    @classmethod
    def tables(cls, style: SolarisStyle) -> Sequence[str]:  # noqa: ARG003
        """Return the table of counters."""
        return ("statistics",)

    @classmethod
    def further_tables(cls, style: SolarisStyle) -> Sequence[str]:  # noqa: ARG003
        """Return the settings, which SunOS shows among the counters."""
        return ("settings",)

    @classmethod
    def demand(cls, style: SolarisStyle, reader: Reader) -> Demand | None:  # noqa: ARG003
        """Return all fields of counters and settings."""
        return Demand() if reader.kind in ("statistics", "setting") else None

    def __init__(self, style: SolarisStyle, head: Head, memory: dict[str, Any], write: Write) -> None:
        super().__init__(style, head, memory, write)
        self._counters: dict[tuple[str, str | None], dict[str, int | None]] = {}
        self._settings: dict[tuple[str, str | None], int | None] = {}

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Keep sections and settings, of which there are some for each interface."""
        for record in batch:
            if reader.kind == "setting":
                self._settings[record["name"], record["interface"]] = record["value"]
            else:
                self._counters.setdefault((record["section"], record["interface"]), {}).update(record["counters"])

    def end(self) -> None:
        """Write the blocks."""
        before: dict[tuple[str, str | None], dict[str, int | None]] = self.memory.get("values", {})
        self.memory["values"] = values = {}
        for block, interface in self._list_blocks():
            found = {counter.name: self._find(counter, interface) for counter in block.counters}
            values[block.title, interface] = found
            last = before.get((block.title, interface), {}) if before else None
            title = self._make_title(block, interface)
            self.write("".join(_format_block(block, title, found, last)))
        self.write("\n")

    def _make_title(self, block: Block, interface: str | None) -> str:
        title = block.title.removesuffix("v4") if self.style.is_inet_only else block.title
        return title if interface is None else f"{title} for {interface}\n"

    def _list_blocks(self) -> Iterator[tuple[Block, str | None]]:
        """Yield the blocks that are shown, those of interfaces in the order of their index before that of all."""
        for block in BLOCKS:
            is_wanted = self.style.protocol in (None, block.protocol) and block.families & self.style.families
            if not is_wanted or (block.title == SCTP and ("Sctp", None) not in self._counters):
                continue
            if block.by_interface and self.style.all:
                yield from ((block, interface) for interface in self._list_interfaces())
            yield block, None

    def _list_interfaces(self) -> list[str]:
        """Return the interfaces that have counters, in the order of their index."""
        numbered = {
            interface: numbers.get("ifIndex") or 0
            for (section, interface), numbers in self._counters.items()
            if section == "Ip6" and interface is not None
        }
        return sorted(numbered, key=lambda interface: numbered[interface])

    def _find(self, counter: Counter, interface: str | None) -> int | None:
        """Return the value of a counter; None if Linux, or this kernel, has none."""
        source = counter.source
        if source is None or (counter.is_sum_only and interface is not None):
            return None
        if source.startswith("="):
            return self._find_setting(source[1:], interface)
        if source.endswith("*"):
            section, _, start = source[:-1].partition(".")
            return self._sum_all(section, start, interface)
        total: int | None = None
        for part in source.split("+"):
            section, _, name = part.partition(".")
            value = self._counters.get((section, interface), {}).get(name)
            total = total if value is None else (total or 0) + value
        return total

    def _find_setting(self, name: str, interface: str | None) -> int | None:
        """Return a setting. Forwarding is 1 for yes and 2 for no, as in the MIB."""
        if name.lstrip("-").isdigit():
            return int(name)
        value = self._settings.get((name, (interface or "all") if "*" in name else None))
        if name in _FORWARDING and value is not None:
            return 1 if value else 2
        return value

    def _sum_all(self, section: str, start: str, interface: str | None) -> int | None:
        """Return the sum of the counters whose names begin so; of ICMP types those that SunOS does not know."""
        numbers = self._counters.get((section, interface))
        if numbers is None:
            return None
        values = [
            value for name, value in numbers.items() if name.startswith(start) and not _is_known_type(name, start)
        ]
        return sum(value for value in values if value is not None)


def _is_known_type(name: str, start: str) -> bool:
    number = name.removeprefix(start)
    return start == _IN_TYPE and number.isdigit() and int(number) in KNOWN_ICMP_TYPES


def _format_block(
    block: Block, title: str, found: Mapping[str, int | None], last: Mapping[str, int | None] | None
) -> Iterator[str]:
    """Yield the parts of a block: two counters on each line, the first pair on that of the title."""
    if block.title == IGMP:
        yield f"\n{IGMP}:\n"
        yield from (f" {'--':>10} {text}\n" for text in IGMP_TEXTS)
        return
    yield f"\n{title}"
    column = 0
    for counter in block.counters:
        value = found[counter.name]
        if last is not None and not counter.is_level:
            value = subtract(value, last.get(counter.name))
        shown = _RTO_ALGORITHMS.get(value or 0, "other") if counter.name == "sctpRtoAlgorithm" else count(value)
        yield f"\t{counter.name:<20}={shown:>6}"
        column += 1
        if counter.ends_line or column == _PER_LINE:
            yield "\n"
            column = 0
    if column:
        yield "\n"


_PER_LINE = 2
