"""Toy sockets, toy boxes, and csvish output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, BinaryIO, Literal, TypedDict

from netstat_core.plugin import (
    About,
    Batch,
    Column,
    Field,
    File,
    Head,
    Problem,
    Reader,
    Record,
    Rendering,
    Sink,
    Tail,
    escape,
    feed,
    hookimpl,
    plain_table,
)

API = 0


class ToySocket(TypedDict):
    """A toy that is plugged in."""

    family: Annotated[Literal["toy"], Field("Address family")]
    name: Annotated[str, Field("What it is called")]
    wheels: Annotated[int, Field("How many wheels it has", minimum=0)]


class ToyBox(TypedDict):
    """A box that toys are put into."""

    label: Annotated[str, Field("What is written on it")]
    room: Annotated[int, Field("How many toys there is room for", minimum=0)]


def parse_sockets(_about: About, content: bytes) -> Iterator[Record | Problem]:
    """The lines of /proc/net/toy: a name and a number of wheels."""
    for number, line in enumerate(content.splitlines(), 1):
        words = line.split()
        if len(words) == 2 and words[1].isdigit():
            yield {"family": "toy", "name": escape(words[0]), "wheels": int(words[1])}
        else:
            yield Problem("/proc/net/toy", "a row needs a name and wheels", line, number)


def parse_boxes(_about: About, content: bytes) -> Iterator[Record]:
    """The lines of /proc/net/toyboxes: a label and a room."""
    for line in content.splitlines():
        label, _, room = line.rpartition(b" ")
        yield {"label": escape(label), "room": int(room)}


SOCKETS = Reader(
    name="toy",
    table="sockets",
    position=900,
    families=("toy",),
    kind="toy.socket",
    record=ToySocket,
    feeds=(feed("procfs", File("/proc/net/toy"), parse=parse_sockets),),
    layouts={
        "net-tools": plain_table(
            "toy",
            "Active toys",
            (Column("Name", field="name", width=8), Column("Wheels", field="wheels", width=6, align="right")),
        )
    },
)
BOXES = Reader(
    name="toyboxes",
    table="toy_boxes",
    position=9000,
    families=("toy",),
    kind="toy.box",
    record=ToyBox,
    feeds=(feed("procfs", File("/proc/net/toyboxes"), parse=parse_boxes),),
    layouts={
        "net-tools": plain_table(
            "toyboxes", "Toy boxes", (Column("Label", field="label", width=10), Column("Room", field="room"))
        )
    },
)


class Csvish(Rendering):
    """Values joined by commas, a record a line."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def begin(self, head: Head) -> None:
        """The generator and the tables."""
        self._out.write(f"# {head.generator}: {' '.join(head.tables)}\n".encode())

    def batch(self, reader: Reader, batch: Batch) -> None:
        """A line a record, the kind first."""
        for record in batch:
            values = [str(value) for name, value in record.items() if name not in {"kind", "network_namespace"}]
            self._out.write(",".join([reader.kind, *values]).encode() + b"\n")

    def end(self, tail: Tail) -> None:
        """How much went wrong."""
        self._out.write(f"# {len(tail.problems)} problems, {len(tail.completeness)} gaps\n".encode())


@hookimpl
def netstat_readers() -> Iterable[Reader]:
    """Both readers."""
    return [SOCKETS, BOXES]


@hookimpl
def netstat_sinks() -> Iterable[Sink]:
    """The csvish format."""
    return [Sink("csvish", meaning="values joined by commas", make=Csvish)]
