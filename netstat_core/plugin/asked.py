"""What readers and parsers know besides file contents: the request, and the machine that was read."""

# Annotations are evaluated: as text, typing would compile each field's, which a start takes long for.

from typing import NamedTuple


class Asked(NamedTuple):
    """The part of a request that readers may use to read less or to parse less.

    ``families`` (the ``-A`` names) and ``protocols`` are the requested names; empty means all. ``show`` is ``all``,
    ``listening`` or ``connected``. ``route_table``, ``default_routes`` and ``interfaces`` are copied from
    :class:`Query`. ``fields`` are the record fields that the output uses; ``None`` means all. Of those that are read
    only on request, ``extra_fields`` are asked for. ``bound`` is whether TCP sockets are wanted that are bound and
    neither listen nor connect.
    """

    families: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    show: str = "all"
    route_table: str | None = None
    default_routes: bool = False
    interfaces: tuple[str, ...] = ()
    fields: frozenset[str] | None = None
    extra_fields: tuple[str, ...] = ()
    bound: bool = False

    def wants(self, field: str) -> bool:
        """True if the output uses this record field; a parser need not compute the others."""
        return self.fields is None or field in self.fields

    def wants_extra(self, field: str) -> bool:
        """True if the request names this record field, which is read only on request, and the output uses it."""
        return field in self.extra_fields and self.wants(field)

    def serves_family(self, family: str) -> bool:
        """True if records of this address family are wanted: it is among ``families``, or ``families`` is empty."""
        return not self.families or family in self.families


class About(NamedTuple):
    """The first argument of every parser: the request, and the machine that the contents came from.

    For a snapshot that is the recorded machine, not the one the parser runs on. ``byte_order`` is ``little`` or
    ``big``; ``ticks_per_second`` is USER_HZ (``sysconf(_SC_CLK_TCK)``); ``kernel_release`` is that of ``uname -r``,
    empty if unknown. ``read_at`` is when the machine was read, in seconds since 1970, None if a copy does not tell.
    """

    asked: Asked = Asked()
    byte_order: str = "little"
    ticks_per_second: int = 100
    kernel_release: str = ""
    read_at: float | None = None

    @property
    def order(self) -> str:
        """The :mod:`struct` prefix of the machine's byte order, ``<`` or ``>``."""
        return "<" if self.byte_order == "little" else ">"

    @property
    def kernel_version(self) -> tuple[int, ...]:
        """Major and minor version of the kernel: ``(6, 1)`` for ``6.1.0-55-amd64``; ``()`` if unknown."""
        numbers: list[int] = []
        for part in self.kernel_release.replace("-", ".").split(".")[:2]:
            if not (part.isascii() and part.isdigit()):
                break
            numbers.append(int(part))
        return tuple(numbers)
