"""The net-tools layout of UNIX sockets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import repeat
from typing import Any

from netstat_core.plugin import (
    Batch,
    Block,
    Complaint,
    FormatRows,
    Gap,
    Layout,
    Names,
    Problem,
    Query,
    Record,
    Style,
    owner_column,
    owner_heading,
    printable,
    scope,
    unsupported,
)
from netstat_unix.proc_unix import NO_INODES

_UNKNOWN = "UNKNOWN"
_MOST_CACHED = 4096


def heading(style: Style, _traits: Mapping[str, Any]) -> str:
    """Return the title and the line of column heads."""
    header = "Proto RefCnt Flags       Type       State         I-Node  " + owner_heading(style)
    return f"Active UNIX domain sockets {scope(style)}\n{header} Path\n"


def needs(style: Style) -> frozenset[str]:
    """Return the record fields that the formatter and the -l/-a filter read."""
    fields = {"ref_count", "protocol", "flags_text", "type", "state", "listening", "inode", "path", "abstract"}
    return frozenset(fields | {"processes"} if style.shows_owners else fields)


def shown(query: Query) -> Callable[[Record], bool] | None:
    """Return the row filter; None if all rows are shown.

    -l selects sockets that accept connections, the default all others, unconnected datagram sockets among them.
    """
    if query.show == "all":
        return None
    servers = query.show == "listening"
    return lambda record: record["listening"] is servers


def rows(style: Style, _names: Names, traits: Mapping[str, Any]) -> FormatRows:
    """Return the function that formats a batch. The path is whole; netstat cuts it at the first blank."""
    no_inode = "-" if traits.get(NO_INODES) else "0"
    starts = _Starts()

    def format_batch(batch: Batch) -> str:
        keys = zip(*map(batch.column, ("protocol", "ref_count", "flags_text", "type", "state")), strict=True)
        paths = map(format_path, batch.column("path"), batch.column("abstract"))
        owners = owner_column(style, batch) if style.shows_owners else repeat("")
        return "".join(
            f"{start} {inode or no_inode:<8}{owner} {path}\n"
            for start, inode, owner, path in zip(
                map(starts.__getitem__, keys), batch.column("inode"), owners, paths, strict=False
            )
        )

    return format_batch


class _Starts(dict["tuple[str, int | None, str, str, str]", str]):
    """Cache of the columns Proto to State, by the fields (protocol, ref_count, flags_text, type, state)."""

    def __missing__(self, fields: tuple[str, int | None, str, str, str]) -> str:
        """Format the columns and cache the text."""
        protocol, count, flags_text, type_word, state = fields
        flags = f"[ {flags_text} ]" if flags_text else "[ ]"
        shown = "-" if count is None else count
        text = f"{'unix' if protocol == 'unix' else '??':<5} {shown:<6} {flags:<11} "
        text += f"{_format_type(type_word):<10} {_format_state(state):<13}"
        if len(self) >= _MOST_CACHED:
            self.clear()
        self[fields] = text
        return text


def _format_type(word: str) -> str:
    """Return the type in capitals; UNKNOWN for those that netstat does not know, packet among them."""
    return _UNKNOWN if word in ("packet", "unknown") else word.upper()


def _format_state(word: str) -> str:
    """Return the State column, which is empty for an unconnected socket."""
    if word == "UNCONNECTED":
        return ""
    return _UNKNOWN if word.startswith(_UNKNOWN) else word


def format_path(path: str | None, is_abstract: bool | None) -> str:  # noqa: FBT001 - a column
    """Return the name on one line, ``@`` for each NUL of an abstract one, unprintable characters masked."""
    path = path or ""
    return printable("@" + path.replace("\0", "@")) if is_abstract else printable(path)


def complain(trouble: Problem | Gap, style: Style) -> Complaint | None:
    """Return netstat's message for a bad line or for a kernel without UNIX sockets; None for other gaps."""
    if isinstance(trouble, Problem):
        return Complaint("warning, got bogus unix line.")
    if trouble.reason not in ("not_in_kernel", "permission"):
        return None
    return unsupported("UNIX", style, "unix", ends_run=True)


LAYOUT = Layout(block=Block("unix", heading=heading), rows=rows, needs=needs, shown=shown, complain=complain)
