"""The reports of net-tools' dialect: text in each reader's own layout, in the order of the readers."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from netstat_core.dialects import NET_TOOLS, Request, Session
from netstat_core.dialects.net_tools.command_line import CACHED, only_cached
from netstat_core.dialects.page import Page
from netstat_core.plugin.outcomes import Gap, Problem
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Rendering
from netstat_core.plugin.text import Complaint, Layout, Style, unsupported
from netstat_core.query import Query
from netstat_core.report.selection import Demand, default_shown_rule


class NetToolsSession(Session):
    """Knows how the text looks, and which report it is."""

    def __init__(self, request: Request) -> None:
        self._style: Style = request.style

    def page(self, out: BinaryIO) -> Rendering:
        """Blocks with their headings, and the rows of their readers."""
        return Page(out, self._style, self._layout)

    def next_round(self) -> None:
        """Later reports leave titles out."""
        self._style = self._style._replace(round=self._style.round + 1)

    def serves(self, reader: Reader, query: Query) -> bool:
        """All but the routes of a family of which only the cache is shown."""
        is_cached = bool(set(reader.families) & set(CACHED))
        return not (is_cached and reader.table == "routes" and only_cached(query))

    def demand(self, reader: Reader, query: Query) -> Demand | None:
        """What a layout looks at, and the reader's rule where that holds: all for one that is code."""
        layout = self._layout(reader)
        if layout is None or not layout.is_used(query) or not self.serves(reader, query):
            return None
        needs = layout.needs(self._style._replace(query=query))
        feed = layout.feed(query) if layout.feed else None
        if layout.shown or reader.listening is None:
            return Demand(needs, feed)
        return Demand(needs | {reader.listening} if isinstance(reader.listening, str) else None, feed)

    def shown(self, reader: Reader, query: Query, *, is_text: bool) -> Callable[[Record], bool] | None:
        """What -a and -l leave by the layout's rule, or by that of the reader where the layout has none."""
        layout = self._layout(reader)
        if layout is None or layout.shown is None:
            return default_shown_rule(reader, query)
        return None if is_text and layout.hides else layout.shown(query)

    def complain(self, reader: Reader, trouble: Problem | Gap) -> Complaint | None:
        """The words of a layout, or what netstat says of a family that the kernel lacks."""
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
        """What is not wanted as numbers."""
        style = self._style
        numeric = {"hosts": style.numeric_hosts, "ports": style.numeric_ports, "users": style.numeric_users}
        return {kind: not is_numeric for kind, is_numeric in numeric.items()}

    def _layout(self, reader: Reader) -> Layout | None:
        return reader.layouts.get(NET_TOOLS)
