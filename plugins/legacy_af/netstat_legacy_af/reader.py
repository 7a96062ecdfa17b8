"""The construction of readers of legacy families."""

from __future__ import annotations

from netstat_core.plugin import Feed, Layout, Reader


def make_reader(  # noqa: PLR0913, PLR0917 - the fields in which these readers differ
    kind: str, table: str, position: int, record: type, feeds: tuple[Feed, ...], layout: Layout, *, owned: bool = False
) -> Reader:
    """Return the reader of a kind, ``FAMILY.NAME``; ``owned`` says that its records are sockets with an inode."""
    return Reader(
        name=kind,
        table=table,
        position=position,
        families=(kind.partition(".")[0],),
        kind=kind,
        record=record,
        feeds=feeds,
        layouts={"net-tools": layout},
        inode_field="inode" if owned else None,
        listening="listening" if table == "sockets" else None,
    )
