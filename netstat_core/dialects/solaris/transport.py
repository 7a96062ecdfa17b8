"""What the tables of UDP and TCP share: which table shows a socket, rows that wait, and the columns of processes."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, repeat
from operator import add, itemgetter
from typing import Any, ClassVar, NamedTuple

from netstat_core.dialects.solaris.forms import UNSPECIFIED, Form, Rule, Write
from netstat_core.dialects.solaris.sockets import WILDCARD
from netstat_core.dialects.solaris.style import SolarisStyle
from netstat_core.plugin.batches import Batch
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import Record
from netstat_core.plugin.sinks import Head
from netstat_core.plugin.text import Names
from netstat_core.report.selection import Demand

WIDTHS = {"inet": 20, "inet6": 33}
"""Columns of an address with its port."""

PLACE_FIELDS = ("family", "v4_mapped", "local_address", "local_port", "state", "v6_only")
"""The fields that tell which tables a socket is in."""

_COMMON_FIELDS = frozenset({*PLACE_FIELDS, "remote_address", "remote_port", "interface"})
_IPV4_ANY, _IPV6_ANY = UNSPECIFIED
_LEAST_COMPRESSED = 1 << 16

Column = Sequence[Any]


class Places:
    """Finds the tables that a socket is in: that of IPv4, that of IPv6, or both.

    A socket with an IPv4-mapped address is shown as IPv4. One of IPv6 that is bound to :: and has no peer, which is so
    in the states ``shared``, is in both tables if it takes IPv4. Files of /proc do not tell whether it does: then it is
    taken to, unless a socket of IPv4 that was found before is bound to 0.0.0.0 and the same port.
    """

    def __init__(self, shared: Collection[str]) -> None:
        self._shared = shared
        self._taken: set[int] = set()

    def find(self, values: tuple[str, bool, str, int, str, bool | None]) -> tuple[bool, bool]:
        """Return whether a socket with these values of :data:`PLACE_FIELDS` is in the table of IPv4, and of IPv6."""
        family, is_mapped, address, port, state, v6_only = values
        if family == "inet" or is_mapped:
            if address == _IPV4_ANY:
                self._taken.add(port)
            return True, False
        if address != _IPV6_ANY or state not in self._shared:
            return False, True
        return (port not in self._taken if v6_only is None else not v6_only), True

    def split(self, batch: Batch) -> tuple[Batch, Batch]:
        """Return the sockets that are in the table of IPv4, and those in that of IPv6."""
        families, _, addresses, ports, *_ = columns = [batch.column(field) for field in PLACE_FIELDS]
        if "inet6" not in families:
            if _IPV4_ANY in addresses:
                self._taken.update(port for address, port in zip(addresses, ports, strict=True) if address == _IPV4_ANY)
            return batch, batch[:0]
        of_ipv4, of_ipv6 = zip(*map(self.find, zip(*columns, strict=True)), strict=True)
        return batch.kept(of_ipv4), batch.kept(of_ipv6)


class Waiting:
    """Rows that wait until another table is complete. They are compressed: more than half of a row is blanks."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._texts: list[str] = []
        self._size = 0

    def add(self, text: str) -> None:
        """Keep the text of rows."""
        self._texts.append(text)
        self._size += len(text)
        if self._size >= _LEAST_COMPRESSED:
            self._pieces.append(zlib.compress("".join(self._texts).encode("utf-8", "surrogatepass"), 1))
            self._texts, self._size = [], 0

    def read(self) -> Iterator[str]:
        """Yield the text in order."""
        for piece in self._pieces:
            yield zlib.decompress(piece).decode("utf-8", "surrogatepass")
        yield from self._texts


class Heading(NamedTuple):
    """A caption above dashes."""

    caption: str
    width: int


OWNERS = (Heading("  User", 8), Heading(" Pid", 6), Heading("   Command", 14))
"""The columns of -u."""

_OWNERS_WIDTH = sum(heading.width + 1 for heading in OWNERS) - 1


def format_heading(title: str, headings: Sequence[Heading]) -> str:
    """Return an empty line, the title of a table, its captions and dashes. The last caption has its own blanks."""
    captions = [heading.caption.ljust(heading.width) for heading in headings[:-1]]
    dashes = " ".join("-" * heading.width for heading in headings)
    return f"\n{title}\n{' '.join([*captions, headings[-1].caption])}\n{dashes}\n"


class Table:
    """A table, of which the heading comes with the first row."""

    def __init__(self, heading: str) -> None:
        self._heading = heading

    def write_rows(self, text: str, write: Write) -> None:
        """Write rows, below the heading if they are the first."""
        write(self._heading + text)
        self._heading = ""


class Transport(Form):
    """The sockets of one protocol, in a table for each IP version.

    Rows of IPv4 are written at once. Those of IPv6 wait, since further rows of IPv4 come with them: sockets that take
    both. They need no place if IPv4 is not shown.
    """

    protocol: ClassVar[str]
    shared: ClassVar[frozenset[str]]
    """States of sockets without a peer, which are in both tables if they take both IP versions."""

    @classmethod
    def is_selected(cls, style: SolarisStyle) -> bool:
        """Return whether sockets are shown, those of the protocol among them."""
        return not style.forms and style.is_internet and style.protocol in (None, cls.protocol)

    @classmethod
    def tables(cls, style: SolarisStyle) -> Sequence[str]:  # noqa: ARG003
        """Return the table of sockets."""
        return ("sockets",)

    @classmethod
    def demand(cls, style: SolarisStyle, reader: Reader) -> Demand | None:
        """Return the fields of a row."""
        if reader.kind != "inet.socket" or reader.protocols != (cls.protocol,):
            return None
        owners = {"inode", "processes"} if style.users else set()
        return Demand(_COMMON_FIELDS | cls.fields(style) | owners, order=cls.order)

    @classmethod
    def fields(cls, style: SolarisStyle) -> frozenset[str]:
        """Return the fields that rows of this protocol have besides."""
        raise NotImplementedError

    @classmethod
    def is_active(cls, state: str) -> bool:
        """Return whether a socket in a state is shown without -a."""
        raise NotImplementedError

    @classmethod
    def shown(cls, style: SolarisStyle, reader: Reader) -> Rule | None:  # noqa: ARG003
        """Return the rule for sockets that are in one of the tables; it must be asked in the order of the report."""
        places, choose = Places(cls.shared), itemgetter(*PLACE_FIELDS)

        def is_shown(record: Record) -> bool:
            found = places.find(choose(record))
            is_in_table = any(family in style.families for family, is_in in zip(WIDTHS, found, strict=True) if is_in)
            return is_in_table and (style.all or cls.is_active(record["state"]))

        return is_shown

    def __init__(self, style: SolarisStyle, head: Head, memory: dict[str, Any], write: Write) -> None:
        super().__init__(style, head, memory, write)
        self._places = Places(self.shared)
        self._tables = {family: Table(style.drop_version(self.make_heading(family))) for family in WIDTHS}
        self._waiting = Waiting() if "inet" in style.families else None

    def make_heading(self, family: str) -> str:
        """Return the heading of the table of an IP version."""
        raise NotImplementedError

    def format_rows(self, batch: Batch, family: str) -> str:
        """Return the rows of sockets in the table of an IP version."""
        raise NotImplementedError

    def batch(self, reader: Reader, batch: Batch) -> None:  # noqa: ARG002
        """Write the rows of IPv4, and keep those of IPv6."""
        if not self.style.all:
            states = batch.column("state")
            active = {state for state in set(states) if self.is_active(state)}
            batch = batch.kept(map(active.__contains__, states))
        if not batch:
            return
        if self.names.resolves_hosts:
            self.names.expect_hosts(chain(batch.column("local_address"), batch.column("remote_address")))
        for family, part in zip(WIDTHS, self._places.split(batch), strict=True):
            if part and family in self.style.families:
                self._add(family, self.format_rows(part, family))

    def _add(self, family: str, text: str) -> None:
        if family == "inet6" and self._waiting is not None:
            self._waiting.add(text)
        else:
            self._tables[family].write_rows(text, self.write)

    def end(self) -> None:
        """Write the rows of IPv6."""
        for text in self._waiting.read() if self._waiting is not None else ():
            self._tables["inet6"].write_rows(text, self.write)

    def format_addresses(self, batch: Batch, side: str) -> Iterable[str]:
        """Return ``host.port`` of each socket; ``side`` is ``local`` or ``remote``."""
        addresses, ports = batch.column(f"{side}_address"), batch.column(f"{side}_port")
        names = self.names
        if names.resolves_hosts or names.resolves_ports:
            hosts = [WILDCARD if address in UNSPECIFIED else names.host(address) for address in addresses]
            return map(add, hosts, [f".{names.port(port, self.protocol)}" for port in ports])
        if _IPV4_ANY in addresses or _IPV6_ANY in addresses:
            addresses = [WILDCARD if address in UNSPECIFIED else address for address in addresses]
        return map(add, addresses, map(_PORTS.__getitem__, ports))

    def join_rows(self, batch: Batch, *columns: Iterable[str], owners_last: bool = False) -> str:
        """Return the rows made of columns, of which the first ones are the addresses, with those of -u behind them.

        With ``owners_last`` these come last.
        """
        if not self.style.users:
            separated = [part for column in columns for part in (repeat(" "), column)][1:]
            return "".join(chain.from_iterable(zip(*separated, repeat("\n"), strict=False)))
        lines = []
        for processes, *cells in zip(batch.column("processes"), *columns, strict=False):
            at = len(cells) if owners_last else len(cells) - 1
            owners = _format_owners(self.names, processes, is_last=owners_last)
            lines += [" ".join([*cells[:at], owner, *cells[at:]]) + "\n" for owner in owners]
        return "".join(lines)


def _format_owners(names: Names, processes: Sequence[Record] | None, *, is_last: bool) -> Iterator[str]:
    """Yield user, process id and command of each process that holds a socket.

    Where they are not known they are ``--``, and blank if there is none. In the last columns the command is that of
    the command line.
    """
    unknown: Record = dict.fromkeys(("uid", "pid", "name", "command"))
    for process in [unknown] if processes is None else processes:
        user = "--" if process["uid"] is None else names.user(process["uid"])
        name = process["name"] or "--"
        command = " ".join(process["command"] or [name]) if is_last else f"{name:<14.14}"
        yield f"{user:<8.8} {process['pid'] or '--':>6} {command}"
    if processes is not None and not processes:
        yield "" if is_last else " " * _OWNERS_WIDTH


class _Ports(dict[int, str]):
    """Cache of a port's text after the address; ``*`` stands for 0."""

    def __missing__(self, port: int) -> str:
        text = self[port] = f".{port or '*'}"
        return text


_PORTS = _Ports()
