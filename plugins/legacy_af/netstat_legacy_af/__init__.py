"""The legacy address families: IPX, AX.25, X.25, NET/ROM, ROSE and AppleTalk (DDP)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from importlib import import_module

from netstat_core.plugin import Reader, hookimpl

API = 0

TABLES = {
    "ipx": ("sockets", "routes", "interfaces"),
    "ax25": ("sockets", "routes", "calls", "interfaces"),
    "x25": ("sockets", "routes", "circuits"),
    "netrom": ("sockets", "routes", "nodes", "neighbours"),
    "rose": ("sockets", "routes", "nodes", "neighbours", "circuits"),
    "ddp": ("sockets", "routes", "interfaces", "neighbours"),
}
"""The tables of each family. The module of a family is named like the family."""


@hookimpl
def netstat_readers(tables: Collection[str], families: Collection[str]) -> Iterable[Reader]:
    """Return the readers of the families and tables asked for; the modules of other families are not imported."""
    return [
        reader
        for family, served in TABLES.items()
        if (not families or family in families) and (not tables or set(served) & set(tables))
        for reader in import_module(f"{__name__}.{family}").READERS
    ]
