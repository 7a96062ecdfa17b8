"""What a form of SunOS netstat is: one display, made from the records of one or more tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.outcomes import Gap, Problem
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Head
from netstat_core.plugin.text import Names
from netstat_core.report.selection import Demand

Write = Callable[[str], None]
Rule = Callable[[Record], bool]

FIRST = -1
"""The order of readers whose records are needed to format those of others."""


class Form:
    """One display. The class says what it reads; an instance writes it for one namespace of one report.

    ``memory`` is a dict of this form that lasts over the reports of a command, for differences between them.
    """

    order: ClassVar[int] = 0
    """The order of the readers of this form. A form of a higher order begins when the others are complete."""

    @classmethod
    def is_selected(cls, style: SolarisStyle) -> bool:
        """Return whether the options select this form."""
        raise NotImplementedError

    @classmethod
    def tables(cls, style: SolarisStyle) -> Sequence[str]:
        """Return the tables that are read."""
        raise NotImplementedError

    @classmethod
    def further_tables(cls, style: SolarisStyle) -> Sequence[str]:  # noqa: ARG003 - of forms that need more
        """Return the tables that the text is made from besides, and that other formats do not show."""
        return ()

    @classmethod
    def demand(cls, style: SolarisStyle, reader: Reader) -> Demand | None:
        """Return what is needed of a reader; None if it is not read for this form."""
        raise NotImplementedError

    @classmethod
    def extra_fields(cls, style: SolarisStyle) -> tuple[str, ...]:  # noqa: ARG003 - of forms that need some
        """Return the fields that are read only on request, and that the form shows as far as they are known."""
        return ()

    @classmethod
    def shown(cls, style: SolarisStyle, reader: Reader) -> Rule | None:  # noqa: ARG003 - of forms that hide some
        """Return which records of a reader the form shows, for other formats; None for all."""
        return None

    def __init__(self, style: SolarisStyle, head: Head, memory: dict[str, Any], write: Write) -> None:
        self.style = style
        self.names: Names = LocalNames(head.names, head.system.get("hostname") or "")
        self.memory = memory
        self.write = write

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Take records. A form may write them at once if nothing precedes them."""
        raise NotImplementedError

    def problem(self, reader: Reader | None, trouble: Problem | Gap) -> None:
        """Take note of something that was not read."""

    def check(self) -> None:
        """Raise Mistake if what the options name does not exist on the machine that is shown.

        Called before any form writes, when the records of the readers with the order FIRST are there.
        """

    def end(self) -> None:
        """Write what is left."""

    def find_host(self, address: str) -> str:
        """Return the name of a host or its address; an unspecified address is never looked up."""
        return address if address in UNSPECIFIED else self.names.host(address)


class LocalNames:
    """Names in which the domain of hosts is left out if it is that of the machine itself, whose name is ``own``."""

    def __init__(self, names: Names, own: str) -> None:
        self._names = names
        self._domain = own.lower().partition(".")[2]
        self.resolves_hosts = names.resolves_hosts
        self.resolves_ports = names.resolves_ports
        self.resolves_users = names.resolves_users
        self.expect_hosts = names.expect_hosts
        self.network = names.network
        self.port = names.port
        self.user = names.user

    def host(self, address: str) -> str:
        """Return the name of a host without the machine's own domain, or its address."""
        name = self._names.host(address)
        is_local = bool(self._domain) and name != address and name.lower().endswith(f".{self._domain}")
        return name[: -len(self._domain) - 1] if is_local else name


UNSPECIFIED = ("0.0.0.0", "::")  # noqa: S104 - not bound to, only compared


def count(number: int | None) -> str:
    """Return a number, or ``--`` for one that Linux does not tell."""
    return "--" if number is None else str(number)


def subtract(number: int | None, before: int | None) -> int | None:
    """Return what came since; None if a value is unknown, or if the counter began anew or a part of a sum is gone."""
    return None if number is None or before is None or number < before else number - before
