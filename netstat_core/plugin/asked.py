"""What a reader may know besides contents: what was asked for, and the machine that contents came from."""

from __future__ import annotations

from typing import NamedTuple


class Asked(NamedTuple):
    """What of a request may change which sources a reader wants, or which records its parsers give.

    ``families`` and ``protocols`` are the names asked for, empty for all. ``show`` is ``all``, ``listening`` or
    ``connected``. ``route_table``, ``default_routes`` and ``interfaces`` are those of the query. ``fields`` are the
    record fields that the output takes, ``None`` for all.
    """

    families: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    show: str = "all"
    route_table: str | None = None
    default_routes: bool = False
    interfaces: tuple[str, ...] = ()
    fields: frozenset[str] | None = None

    def wants(self, field: str) -> bool:
        """Whether the output takes this record field."""
        return self.fields is None or field in self.fields

    def serves_family(self, family: str) -> bool:
        """Whether this address family was asked for, by name or by naming none."""
        return not self.families or family in self.families


class About(NamedTuple):
    """What a parser gets before the contents: what was asked for, and the machine that the contents came from.

    ``byte_order`` is ``little`` or ``big``; ``ticks_per_second`` is USER_HZ.
    """

    asked: Asked = Asked()
    byte_order: str = "little"
    ticks_per_second: int = 100
    kernel_release: str = ""

    @property
    def order(self) -> str:
        """The :mod:`struct` prefix for numbers in this machine's own order, ``<`` or ``>``."""
        return "<" if self.byte_order == "little" else ">"

    @property
    def kernel_version(self) -> tuple[int, ...]:
        """Leading numbers of the kernel release: ``(6, 1)`` for ``6.1.0-55-amd64``; empty where unknown."""
        numbers: list[int] = []
        for part in self.kernel_release.replace("-", ".").split(".")[:2]:
            if not part.isdigit():
                break
            numbers.append(int(part))
        return tuple(numbers)
