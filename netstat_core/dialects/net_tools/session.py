"""The reports of the net-tools dialect: text in the layout of each reader, in the order of the readers."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from netstat_core.dialects import NET_TOOLS, Request, Session
from netstat_core.dialects.net_tools.command_line import CACHED, is_cache_only
from netstat_core.dialects.page import Page
from netstat_core.plugin.outcomes import Gap, Problem
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Rendering
from netstat_core.plugin.text import Complaint, Layout, Style, unsupported
from netstat_core.query import Query
from netstat_core.report.selection import Demand, default_shown_rule


class NetToolsSession(Session):
    """The reports of one command in the style of its options."""

    def __init__(self, request: Request) -> None:
        self._style: Style = request.style

    def page(self, out: BinaryIO) -> Rendering:
        """Return a page that writes the headings of blocks and the rows of their readers."""
        return Page(out, self._style, self._layout)

    def next_round(self) -> None:
        """Count the reports; later ones omit titles."""
        self._style = self._style._replace(round=self._style.round + 1)

    def serves(self, reader: Reader, query: Query) -> bool:
        """Return whether a reader is shown: all but the routes of a family that shows only its cache."""
        is_cached = bool(set(reader.families) & set(CACHED))
        return not (is_cached and reader.table == "routes" and is_cache_only(query))

    def demand(self, reader: Reader, query: Query) -> Demand | None:
        """Return the fields that a layout needs, and the field that tells listening sockets; all if a function does."""
        layout = self._layout(reader)
        if layout is None or not layout.is_used(query) or not self.serves(reader, query):
            return None
        needs = layout.needs(self._style._replace(query=query))
        feed = layout.feed(query) if layout.feed else None
        if layout.shown or reader.listening is None:
            return Demand(needs, feed)
        return Demand(needs | {reader.listening} if isinstance(reader.listening, str) else None, feed)

    def shown(self, reader: Reader, query: Query, *, is_text: bool) -> Callable[[Record], bool] | None:
        """Return the filter of -a and -l: the layout's if it has one, otherwise the reader's."""
        layout = self._layout(reader)
        if layout is None or layout.shown is None:
            return default_shown_rule(reader, query)
        return None if is_text and layout.hides else layout.shown(query)

    def complain(self, reader: Reader, trouble: Problem | Gap) -> Complaint | None:
        """Return a layout's message, or netstat's message for a family that the kernel does not support."""
        layout = self._layout(reader)
        if layout is None:
            return None
        return layout.complain(trouble, self._style) if layout.complain else self._unsupported(reader, trouble)

    def _unsupported(self, reader: Reader, trouble: Problem | Gap) -> Complaint | None:
        if isinstance(trouble, Problem) or trouble.reason not in ("not_in_kernel", "permission"):
            return None
        name = (*reader.families, reader.name)[0].upper()
        return unsupported(name, self._style, reader.name, *reader.families, *reader.protocols)

    def names(self) -> dict[str, bool]:
        """Return whether to show names, by kind: all those without a numeric option."""
        style = self._style
        numeric = {"hosts": style.numeric_hosts, "ports": style.numeric_ports, "users": style.numeric_users}
        return {kind: not is_numeric for kind, is_numeric in numeric.items()}

    def _layout(self, reader: Reader) -> Layout | None:
        return reader.layouts.get(NET_TOOLS)
