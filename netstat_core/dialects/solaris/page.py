"""The page of the SunOS dialect: the selected forms, one after the other."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, BinaryIO

from netstat_core.dialects.page import format_namespace
from netstat_core.dialects.safe_records import SafeRecords
from netstat_core.dialects.solaris.default_ip import DEFAULT_READER, heed_default
from netstat_core.dialects.solaris.forms import Form
from netstat_core.dialects.solaris.order import select_forms
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.outcomes import Gap, Problem
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace
from netstat_core.plugin.schema import published_schema
from netstat_core.plugin.sinks import Head, Rendering, Tail


class SolarisPage(Rendering):
    """Hands records to the forms that read them. The first form that is not complete may write at once.

    The others keep their text until those before them are complete.

    ``memory`` has a dict for each form, by class name and network namespace, over the reports of a command.
    """

    def __init__(self, out: BinaryIO, style: SolarisStyle, memory: dict[Any, dict[str, Any]]) -> None:
        self._out = out
        self._style = style
        self._memory = memory
        self._safe: dict[str, SafeRecords] = {}
        self._forms: list[Form] = []
        self._kept: list[list[str]] = []
        self._orders: dict[str, int] = {}
        self._entered = False

    def begin(self, head: Head) -> None:
        """Make the forms of the namespace that the program runs in."""
        self._head = head
        self._make_forms(None)

    def _make_forms(self, namespace: NetworkNamespace | None) -> None:
        self._namespace = namespace
        self._forms, self._kept = [], []
        place = (namespace["inode"], namespace["name"]) if namespace else None
        for number, form in enumerate(select_forms(self._style)):
            kept: list[str] = []
            memory = self._memory.setdefault((form.__name__, place), {})
            write = self._write if not number else kept.append
            self._forms.append(form(self._style, self._head, memory, write))
            self._kept.append(kept)

    def enter(self, namespace: NetworkNamespace | None) -> None:
        """Begin a network namespace: write its heading; the forms follow again."""
        if self._entered:
            self._finish()
            self._write("\n")
        self._entered = True
        self._make_forms(namespace)
        self._write(format_namespace(namespace))

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Hand records to the forms that read them."""
        if reader.name not in self._safe:
            self._safe[reader.name] = SafeRecords(reader, self._find_fields(reader))
        self._end_before(reader)
        batch = self._safe[reader.name](batch)
        if reader.name == DEFAULT_READER and self._style.heeds_default:
            self._forms, self._kept = [], []  # nothing is shown if the value is wrong
            self._style = heed_default(self._style, batch)
            self._make_forms(self._namespace)
            return
        for form in self._forms:
            if form.demand(self._style, reader) is not None:
                form.batch(reader, batch)

    def problem(self, reader: Reader | None, trouble: Problem | Gap) -> None:
        """Tell the forms what was not read."""
        for form in self._forms:
            form.problem(reader, trouble)

    def end(self, tail: Tail) -> None:  # noqa: ARG002 - text has no end of its own
        """Write what is left of the forms."""
        self._finish()

    def _find_fields(self, reader: Reader) -> Collection[str]:
        """Return the fields of a reader that the forms use."""
        demands = [demand for form in self._forms if (demand := form.demand(self._style, reader))]
        if any(demand.fields is None for demand in demands):
            fields: Collection[str] = published_schema(reader)["properties"]
            return fields
        return frozenset(field for demand in demands for field in demand.fields or ())

    def _end_before(self, reader: Reader) -> None:
        """End the forms whose readers have all been read, since they come before this one."""
        if reader.name not in self._orders:
            demands = [form.demand(self._style, reader) for form in self._forms]
            self._orders[reader.name] = min((demand.order for demand in demands if demand), default=0)
        while len(self._forms) > 1 and self._forms[0].order < self._orders[reader.name]:
            self._end_first()

    def _end_first(self) -> None:
        """Write what is left of the first form; the next one may write from then on."""
        self._forms.pop(0).end()
        self._write("".join(self._kept.pop(0)))
        if self._forms:
            self._write("".join(self._kept[0]))
            self._kept[0] = []
            self._forms[0].write = self._write

    def _finish(self) -> None:
        while self._forms:
            self._end_first()

    def _write(self, text: str) -> None:
        self._out.write(text.encode("utf-8", "backslashreplace"))
