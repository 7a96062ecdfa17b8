"""``-m``: memory of STREAMS, of which Linux has the number of sockets and the memory of their buffers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netstat_core.dialects.solaris.forms import Form, Write, count
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Head
from netstat_core.report.selection import Demand

_HEADING = f"streams allocation:\n{'cumulative  allocation':>63}\n{'current   maximum       total    failures':>63}\n"
_OTHERS = ("queues", "mblk", "dblk", "linkblk", "syncq", "qband")
_KIB = 1024


class Streams(Form):
    """The rows of SunOS; all that have no counterpart are ``--``."""

    @classmethod
    def is_selected(cls, style: SolarisStyle) -> bool:
        """Return whether -m is given, with a family of the Internet."""
        return "streams" in style.forms and style.is_internet

    @classmethod
    def tables(cls, style: SolarisStyle) -> Sequence[str]:  # noqa: ARG003
        """Return the table of socket memory."""
        return ("memory",)

    @classmethod
    def demand(cls, style: SolarisStyle, reader: Reader) -> Demand | None:  # noqa: ARG003
        """Return the fields of numbers and memory."""
        fields = {"name", "protocol", "sockets", "memory_pages", "memory_bytes"}
        return Demand(frozenset(fields)) if reader.kind == "memory" else None

    def __init__(self, style: SolarisStyle, head: Head, memory: dict[str, Any], write: Write) -> None:
        super().__init__(style, head, memory, write)
        self._records: dict[str, Record] = {}
        self._page_bytes = head.page_bytes

    def batch(self, reader: Reader, batch: Batch) -> None:  # noqa: ARG002
        """Keep the records of sockstat, of which there are about ten."""
        self._records |= {record["name"]: record for record in batch}

    def end(self) -> None:
        """Write the rows and the sum of memory."""
        self.write(_HEADING)
        self.write(_format_row("streams", self._get("sockets", "sockets")))
        for name in _OTHERS:
            self.write(_format_row("dblk_total" if name == "dblk" and self.style.verbose else name, None))
        self.write(f"\n{count(self._sum_kib())} Kbytes allocated for streams data\n\n")

    def _get(self, name: str, field: str) -> int | None:
        number: int | None = self._records[name][field] if name in self._records else None
        return number

    def _sum_kib(self) -> int | None:
        """Return the memory of TCP, UDP and fragments; that of IPv6 fragments counts where there is IPv6.

        Pages are counted in a unit that differs from machine to machine, which an older capture does not tell.
        """
        pages = [self._get(name, "memory_pages") for name in ("TCP", "UDP")]
        fragments = self._get("FRAG", "memory_bytes")
        if None in pages or fragments is None:
            return None
        used = sum(page or 0 for page in pages)
        if used and self._page_bytes is None:
            return None
        return (used * (self._page_bytes or 0) + fragments + (self._get("FRAG6", "memory_bytes") or 0)) // _KIB


def _format_row(name: str, current: int | None) -> str:
    return f"{name:<22} {count(current):>6} {'--':>9} {'--':>11} {'--':>11}\n"
