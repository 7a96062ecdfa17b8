"""``-g``: the multicast groups that interfaces belong to, with ``-v`` the sources they take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from netstat_core.dialects.solaris.forms import Form, Rule, Write
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Head
from netstat_core.report.selection import Demand

_HEADINGS = {
    "inet": """\
Group Memberships: IPv4
Interface Group                RefCnt
--------- -------------------- ------
""",
    "inet6": """\
Group Memberships: IPv6
 If       Group                   RefCnt
----- --------------------------- ------
""",
}


class Groups(Form):
    """Memberships by family. A table without rows has no title, but its empty line."""

    @classmethod
    def is_selected(cls, style: SolarisStyle) -> bool:
        """Return whether -g is given, with a family that has groups."""
        return "groups" in style.forms and style.is_internet

    @classmethod
    def tables(cls, style: SolarisStyle) -> Sequence[str]:  # noqa: ARG003
        """Return the table of memberships."""
        return ("groups",)

    @classmethod
    def demand(cls, style: SolarisStyle, reader: Reader) -> Demand | None:
        """Return the fields of a row, and the sources with -v."""
        if reader.kind != "multicast.membership" or not set(reader.families) & style.families:
            return None
        fields = {"family", "interface", "group", "users"} | ({"source_filter"} if style.verbose else set())
        return Demand(frozenset(fields))

    @classmethod
    def shown(cls, style: SolarisStyle, reader: Reader) -> Rule | None:  # noqa: ARG003
        """Return the rule for the families that are shown."""
        return lambda record: record["family"] in style.families

    def __init__(self, style: SolarisStyle, head: Head, memory: dict[str, Any], write: Write) -> None:
        super().__init__(style, head, memory, write)
        self._rows: dict[str, list[str]] = {"inet": [], "inet6": []}

    def batch(self, reader: Reader, batch: Batch) -> None:  # noqa: ARG002
        """Format a row for each membership."""
        self.names.expect_hosts(batch.column("group"))
        for record in batch:
            self._rows[record["family"]] += self._format(record)

    def _format(self, record: Record) -> Iterator[str]:
        group = self.names.host(record["group"])
        users = "--" if record["users"] is None else record["users"]
        if record["family"] == "inet":
            yield f"{record['interface'] or '':<9} {group:<20} {users:>6}\n"
        else:
            yield f"{record['interface'] or '':<5} {group:<27} {users:>5}\n"
        if self.style.verbose:
            yield from self._format_sources(record["source_filter"])

    def _format_sources(self, sources: Sequence[Record]) -> Iterator[str]:
        """Yield a line for each source: those that are excluded if any is, otherwise those that are included."""
        excludes = any(source["excluded_by"] for source in sources)
        lead = f"\t{'EXCLUDE' if excludes else 'INCLUDE'}:    "
        for source in sources:
            if source["included_by"] if not excludes else source["excluded_by"] and not source["included_by"]:
                yield f"{lead}{self.names.host(source['address'])}\n"
                lead = "\t            "

    def end(self) -> None:
        """Write both tables, an empty line after each, and one that ends the form."""
        for family, rows in self._rows.items():
            if family in self.style.families:
                self.write((self.style.drop_version(_HEADINGS[family]) if rows else "") + "".join(rows) + "\n")
        self.write("\n")
