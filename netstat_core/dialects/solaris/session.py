"""The reports of the SunOS dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

from netstat_core.dialects import Request, Session
from netstat_core.dialects.solaris.default_ip import BEFORE_ALL, DEFAULT_READER
from netstat_core.dialects.solaris.order import select_forms
from netstat_core.dialects.solaris.page import SolarisPage
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.plugin.outcomes import Gap, Problem
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Rendering
from netstat_core.query import Query
from netstat_core.report.selection import Demand

_EXTRAS = ("route.cache", "setting")
"""Kinds of records that add to what a form shows."""


class SolarisSession(Session):
    """The reports of one command; forms keep what they need for differences between them."""

    def __init__(self, request: Request) -> None:
        self._style: SolarisStyle = request.style
        self._forms = select_forms(self._style)
        self._asks_for_fields = request.tcp_info
        self._memory: dict[Any, dict[str, Any]] = {}

    def page(self, out: BinaryIO) -> Rendering:
        """Return a page of the selected forms."""
        return SolarisPage(out, self._style, self._memory)

    def serves(self, reader: Reader, query: Query) -> bool:
        """Return whether any selected form reads the reader."""
        return self.demand(reader, query) is not None

    def demand(self, reader: Reader, query: Query) -> Demand | None:  # noqa: ARG002 - the style says it all
        """Return what the selected forms need of a reader together."""
        demands = [demand for form in self._forms if (demand := form.demand(self._style, reader)) is not None]
        if reader.name == DEFAULT_READER and self._style.heeds_default:
            demands.append(Demand(frozenset({"text"}), order=BEFORE_ALL))
        if not demands:
            return None
        fields: frozenset[str] | None = frozenset()
        for demand in demands:
            fields = None if fields is None or demand.fields is None else fields | demand.fields
        feed = next((demand.feed for demand in demands if demand.feed), None)
        return Demand(fields, feed, min(demand.order for demand in demands))

    def shown(self, reader: Reader, query: Query, *, is_text: bool) -> Callable[[Record], bool] | None:  # noqa: ARG002
        """Return which records other formats show: those that one of the forms shows."""
        if is_text:
            return None
        forms = [form for form in self._forms if form.demand(self._style, reader) is not None]
        rules = [form.shown(self._style, reader) for form in forms]
        if any(rule is None for rule in rules):
            return None
        return lambda record: any(rule(record) for rule in rules if rule is not None)

    def tolerates(self, reader: Reader | None, trouble: Problem | Gap) -> bool:
        """Return whether something is missing that the text shows as missing, or never has.

        That are fields which only forms asked for, not an option; the other tables, which /proc/net/route lacks; and
        DEFAULT_IP, which captures made for another dialect do not have, nor most Linux machines. Captures of earlier
        versions and of single displays lack cached routes, and settings, which are shown as ``--``.
        """
        if not isinstance(trouble, Gap):
            return False
        if trouble.about == "field":
            return not self._asks_for_fields
        if reader is None or trouble.reason != "narrower_capture":
            return False
        return reader.kind in _EXTRAS or (reader.kind == "route" and trouble.about == "source")

    def names(self) -> dict[str, bool]:
        """Return whether names are shown in place of numbers; users have names always."""
        return {**dict.fromkeys(("hosts", "ports"), not self._style.numeric), "users": self._style.users}
