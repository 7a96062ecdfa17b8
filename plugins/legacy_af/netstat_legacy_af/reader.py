"""A reader of a legacy family: what all of them have in common."""

from __future__ import annotations

from netstat_core.plugin import Feed, Layout, Reader


def reader(  # noqa: PLR0913, PLR0917 - what a reader is made of
    kind: str, table: str, position: int, record: type, feeds: tuple[Feed, ...], look: Layout, *, owned: bool = False
) -> Reader:
    """The reader of a kind, which begins with its family; ``owned`` where records are sockets with an inode."""
    return Reader(
        name=kind,
        table=table,
        position=position,
        families=(kind.partition(".")[0],),
        kind=kind,
        record=record,
        feeds=feeds,
        layouts={"net-tools": look},
        inode_field="inode" if owned else None,
        listening="listening" if table == "sockets" else None,
    )
