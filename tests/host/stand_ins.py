"""Stand-ins for a machine and for plugins: sources, feeds and readers as a test wants them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, TypedDict

from netstat_core import Query, collect, facts, sinks
from netstat_core.dialects import Request
from netstat_core.dialects.net_tools.session import NetToolsSession
from netstat_core.errors import NotInKernel
from netstat_core.host.discovery import GROUP, FormatOffer, Host, Offer, Plugin
from netstat_core.host.entry_points import EntryPoint
from netstat_core.plugin import About, Column, Feed, Field, File, Input, NetlinkDump, Reader, Style, plain_table
from netstat_core.plugin.records import NetworkNamespace
from netstat_core.plugin.sinks import Sink
from netstat_core.plugin.sources import Directory
from netstat_core.report.run import Run
from netstat_core.report.selection import demand_all
from netstat_core.system import Machine, System
from netstat_core.system.capture import Owners, cut_first_argument

PATH = "/proc/net/things"
THINGS = Query(tables=("things",))
REPLAYED = Machine(hostname="stand-in", kernel_release="6.1.0", live=False)
PLUGIN = Plugin(EntryPoint("stand_in", "nowhere", GROUP), is_own=True)
LOOK = plain_table(
    "things",
    "Things",
    (Column("Name", field="name", width=8), Column("Number", field="number", width=6, align="right")),
)

OTHERS = ("unix", "route", "iface", "igmp", "masq", "snmp", "legacy_af")
"""Our plugins but inet, for tests that are not about them."""

Piece = bytes | Exception


class Thing(TypedDict):
    """A thing with a number."""

    name: Annotated[str | None, Field("Its name", mark="name")]
    number: Annotated[int, Field("How many", minimum=0)]


def thing(number: int, name: str | None = None) -> dict[str, Any]:
    """Make a record of kind ``thing``, as a parser gives it."""
    return {"name": name, "number": number}


class CannedSystem(System):
    """A machine whose sources hold what a test says; an exception in a content's place is raised there."""

    def __init__(
        self,
        files: Mapping[str, Piece] | None = None,
        dumps: Mapping[str, Iterable[Piece]] | None = None,
        owners: Owners | Exception | None = None,
        processes: Mapping[tuple[int, str], bytes] | None = None,
    ) -> None:
        self.machine = REPLAYED
        self.namespace: NetworkNamespace | None = None
        self.asked: list[str] = []
        self._files = files or {}
        self._dumps = dumps or {}
        self._owners = owners or Owners()
        self._processes = processes or {}

    def read(self, file: File) -> bytes:
        """Give a canned file."""
        return self._given(file.path, self._files.get(file.path))

    def read_all(self, directory: Directory) -> dict[str, bytes]:
        """Give the canned files below the pattern's directory."""
        folder = directory.pattern.partition("*")[0]
        return {path: self.read(File(path)) for path in sorted(self._files) if path.startswith(folder)}

    def dump(self, request: NetlinkDump) -> Iterator[memoryview | bytes]:
        """Give the canned datagrams one by one."""
        for datagram in self._dumps.get(request.name, [NotInKernel(request.name, "no such dump")]):
            yield self._given(request.name, datagram)

    def find_owners(self, *, descriptors: bool = False) -> Owners:
        """Give the canned owners."""
        if isinstance(self._owners, Exception):
            raise self._owners
        return self._owners

    def read_process_file(self, pid: int, name: str, *, arguments: bool = False) -> bytes | None:
        """Give a canned file of a process, of a command line the first argument alone unless all are wanted."""
        content = self._processes.get((pid, name))
        return cut_first_argument(content) if content and name == "cmdline" and not arguments else content

    def _given(self, name: str, piece: Piece | None) -> bytes:
        self.asked.append(name)
        if isinstance(piece, bytes):
            return piece
        raise piece or NotInKernel(name, "No such file or directory", 2)


class FewPlugins(Host):
    """A host with these readers and sinks and no installed plugin."""

    def __init__(self, *readers: Reader, sinks: Collection[Sink] = ()) -> None:
        self.plugins = [PLUGIN]
        self.broken = []
        self.blocked = set()
        self.remarks = []
        self._readers = readers
        self._sinks = sinks

    def offers(self, tables: Collection[str] = (), families: Collection[str] = ()) -> list[Offer]:
        """Give all readers of the tables."""
        chosen = [reader for reader in self._readers if not tables or reader.table in tables]
        return [Offer(reader, PLUGIN) for reader in sorted(chosen, key=lambda reader: reader.position)]

    def formats(self) -> list[FormatOffer]:
        """Give the built-in sinks and these."""
        return [FormatOffer(sink, PLUGIN) for sink in [*sinks.netstat_sinks(), *facts.netstat_sinks(), *self._sinks]]


def run_of(query: Query, system: System, host: Host, *, layouts_only: bool = False, repeating: bool = False) -> Run:
    """Give a report as text needs it, or as the structured formats do."""
    session = NetToolsSession(Request(query, Style(query)))
    demands = session.demand if layouts_only else demand_all
    shown = partial(session.shown, is_text=layouts_only)
    return Run(query, system, host, demands=demands, shown=shown, by_place=layouts_only, repeating=repeating)


def feed(
    parse: Callable[..., Iterable[Any]], *inputs: Input[Any], name: str = "procfs", lacks: Collection[str] = ()
) -> Feed:
    """Make a feed over some inputs, :data:`PATH` where none is named."""
    return Feed(name, inputs=inputs or (File(PATH),), parse=parse, lacks=frozenset(lacks))


def fixed(*parsed: Any) -> Callable[..., Iterator[Any]]:
    """Make a parser that yields these, raising those that are exceptions, whatever it is given."""

    def parse(_about: About, *_contents: Any) -> Iterator[Any]:
        for piece in parsed:
            if isinstance(piece, Exception):
                raise piece
            yield copy.deepcopy(piece)  # the host fills in what it is given

    return parse


def reader(*feeds: Feed, name: str = "things", table: str = "things", **changes: Any) -> Reader:
    """Make a reader of things."""
    declared: dict[str, Any] = {
        "name": name,
        "table": table,
        "position": 10,
        "families": ("toy",),
        "kind": "thing",
        "record": Thing,
        "feeds": feeds,
        "layouts": {"net-tools": LOOK},
    }
    return Reader(**{**declared, **changes})


def collected(
    *feeds: Feed, files: Mapping[str, Piece] | None = None, dump: Sequence[Piece] = (), **changes: Any
) -> Any:
    """Collect the things of one reader with these feeds; the dump is called ``canned``."""
    system = CannedSystem({PATH: b""} if files is None else files, {"canned": dump} if dump else {})
    return collect(THINGS, system, FewPlugins(reader(*feeds, **changes)))


def numbers(report: Mapping[str, Any]) -> list[int]:
    """Give the numbers of the things in a report."""
    return [record["number"] for record in report["tables"]["things"]]


def reasons(report: Mapping[str, Any]) -> list[str]:
    """Give the reasons of all gaps in a report."""
    return [entry["reason"] for entry in report["completeness"]]
