"""The names of interfaces in filters, which must exist on the machine that is shown, whatever form is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netstat_core.dialects.solaris.forms import FIRST, Form, Write
from netstat_core.dialects.solaris.route_filters import check_interfaces, list_names
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.sinks import Head
from netstat_core.report.selection import Demand


class FilterNames(Form):
    """Writes nothing. Names are not checked if the interfaces are not known."""

    @classmethod
    def is_selected(cls, style: SolarisStyle) -> bool:
        """Return whether a filter names an interface."""
        return bool(list_names(style.filters))

    @classmethod
    def tables(cls, style: SolarisStyle) -> Sequence[str]:  # noqa: ARG003
        """Return no table that is shown."""
        return ()

    @classmethod
    def further_tables(cls, style: SolarisStyle) -> Sequence[str]:  # noqa: ARG003
        """Return the interfaces."""
        return ("interfaces",)

    @classmethod
    def demand(cls, style: SolarisStyle, reader: Reader) -> Demand | None:  # noqa: ARG003
        """Return the names of interfaces and of their aliases."""
        return Demand(frozenset({"name", "aliases"}), order=FIRST) if reader.kind == "interface" else None

    def __init__(self, style: SolarisStyle, head: Head, memory: dict[str, Any], write: Write) -> None:
        super().__init__(style, head, memory, write)
        self._names: set[str] | None = None

    def batch(self, reader: Reader, batch: Batch) -> None:  # noqa: ARG002
        """Keep the names."""
        self._names = self._names or set()
        for record in batch:
            self._names |= {record["name"], *(record["aliases"] or ())}

    def check(self) -> None:
        """Raise Mistake for a name that no interface has."""
        if self._names is not None:
            check_interfaces(self.style.filters, self._names)
