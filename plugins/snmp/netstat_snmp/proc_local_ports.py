"""/proc/sys/net/ipv4/ip_local_port_range and ip_local_reserved_ports: the ports that the kernel itself assigns.

::

    32768	60999
    8080,9148-9150

A socket that sends or connects before it is bound gets a port of the range, except a reserved one. Both files are of
the network namespace, and serve IPv4 and IPv6.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, TypedDict

from netstat_core.plugin import (
    About,
    Column,
    Field,
    File,
    Gap,
    Problem,
    Reader,
    Record,
    TextFile,
    feed,
    is_silent,
    plain_table,
)

TABLE = "local_ports"
RANGE = "/proc/sys/net/ipv4/ip_local_port_range"
RESERVED = "/proc/sys/net/ipv4/ip_local_reserved_ports"

_HIGHEST_PORT = 0xFFFF


class PortRange(TypedDict):
    """Consecutive ports."""

    first: Annotated[int, Field("First port", minimum=0, maximum=_HIGHEST_PORT)]
    last: Annotated[int, Field("Last port", minimum=0, maximum=_HIGHEST_PORT)]


class LocalPorts(TypedDict):
    """The ports that the kernel assigns to sockets of a network namespace that were not bound to one."""

    first: Annotated[int, Field("First port of the range (ip_local_port_range)", minimum=0, maximum=_HIGHEST_PORT)]
    last: Annotated[int, Field("Last port of the range", minimum=0, maximum=_HIGHEST_PORT)]
    reserved: Annotated[
        list[PortRange] | None,
        Field("Ports that are never assigned (ip_local_reserved_ports); null if unknown"),
    ]


def parse(_about: About, ports: bytes, reserved: bytes | None) -> Iterator[Record | Problem | Gap]:
    """Yield one record; a problem instead if the range is none. A list that is not whole counts as unknown."""
    text = TextFile(RANGE, ports, may_be_empty=False)
    yield from text.gaps
    try:
        first, last = map(_parse_port, ports.split())
    except ValueError:
        yield Problem(RANGE, "not two ports", ports, 1)
        return
    others = None if reserved is None else TextFile(RESERVED, reserved, may_be_empty=False)
    yield from others.gaps if others else ()
    try:
        excluded = None if reserved is None or (others and others.gaps) else _parse_reserved(reserved)
    except ValueError:
        yield Problem(RESERVED, "not a list of ports", reserved or b"", 1)
        excluded = None
    yield {"first": first, "last": last, "reserved": excluded}


def _parse_reserved(content: bytes) -> list[Record]:
    """Parse ``8080,9148-9150``; the file is an empty line if nothing is reserved. Raises ValueError for less."""
    if not content.endswith(b"\n"):
        raise ValueError("the line is cut")
    ranges = (word.partition(b"-") for word in content.strip().split(b",") if word)
    return [{"first": _parse_port(first), "last": _parse_port(last or first)} for first, _, last in ranges]


def _parse_port(word: bytes) -> int:
    port = int(word) if word.isdigit() else -1
    if not 0 <= port <= _HIGHEST_PORT:
        raise ValueError("not a port")
    return port


_LAYOUT = plain_table(
    TABLE,
    "Ports that the kernel assigns",
    (Column("First", field="first", width=6, align="right"), Column("Last", field="last", width=6, align="right")),
)

READER = Reader(
    TABLE,
    table=TABLE,
    position=5110,
    families=("inet", "inet6"),
    protocols=("tcp", "udp", "udplite"),
    kind=TABLE,
    record=LocalPorts,
    feeds=(feed("procfs", File(RANGE), File(RESERVED).optional, parse=parse),),
    layouts={"net-tools": _LAYOUT.replace(complain=is_silent)},
)
