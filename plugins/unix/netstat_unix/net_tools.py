"""netstat's text for UNIX sockets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netstat_core.plugin import (
    Block,
    Complaint,
    Gap,
    Layout,
    Names,
    Problem,
    Query,
    Record,
    Style,
    owner_cells,
    owner_heading,
    printable,
    scope,
    unsupported,
)
from netstat_unix.proc_unix import NO_INODES

_UNKNOWN = "UNKNOWN"


def heading(style: Style, _traits: Mapping[str, Any]) -> str:
    """Title and column heads."""
    header = "Proto RefCnt Flags       Type       State         I-Node  " + owner_heading(style)
    return f"Active UNIX domain sockets {scope(style)}\n{header} Path\n"


def needs(style: Style) -> frozenset[str]:
    """The record fields that rows and the -l/-a rule look at."""
    fields = {"ref_count", "protocol", "flags_text", "type", "state", "listening", "inode", "path", "abstract"}
    return frozenset(fields | {"processes"} if style.shows_owners else fields)


def shown(query: Query) -> Callable[[Record], bool] | None:
    """-l shows what accepts connections and the default all else, unconnected datagram sockets too."""
    if query.show == "all":
        return None
    servers = query.show == "listening"
    return lambda record: record["listening"] is servers


def rows(style: Style, _names: Names, traits: Mapping[str, Any]) -> Callable[[Sequence[Record]], str]:
    """The formatter: fixed columns, what was asked for, and the whole name, which netstat cuts at its first blank."""
    no_inode = "-" if traits.get(NO_INODES) else "0"
    words = _Words()

    def line(one: Record) -> str:
        protocol = "unix" if one["protocol"] == "unix" else "??"
        count = "-" if one["ref_count"] is None else one["ref_count"]
        kind = words[one["flags_text"], one["type"], one["state"]]
        return (
            f"{protocol:<5} {count:<6} {kind} {one['inode'] or no_inode:<8}{owner_cells(style, one)} {path_text(one)}\n"
        )

    return lambda batch: "".join(map(line, batch))


class _Words(dict["tuple[str, str, str]", str]):
    """The columns Flags, Type and State, by the record's words."""

    def __missing__(self, words: tuple[str, str, str]) -> str:
        """Format and keep."""
        letters, kind, state = words
        flags = f"[ {letters} ]" if letters else "[ ]"
        text = self[words] = f"{flags:<11} {_type(kind):<10} {_state(state):<13}"
        return text


def _type(word: str) -> str:
    """In capitals; netstat knows none above SEQPACKET."""
    return _UNKNOWN if word in ("packet", "unknown") else word.upper()


def _state(word: str) -> str:
    """An unconnected socket shows none."""
    if word == "UNCONNECTED":
        return ""
    return _UNKNOWN if word.startswith(_UNKNOWN) else word


def path_text(record: Record) -> str:
    """The name on one line: an ``@`` for each NUL, what is not printable masked."""
    path: str = record["path"] or ""
    return printable("@" + path.replace("\0", "@")) if record["abstract"] else printable(path)


def complain(trouble: Problem | Gap, style: Style) -> Complaint | None:
    """What netstat says of a bad line and of a kernel without UNIX sockets."""
    if isinstance(trouble, Problem):
        return Complaint("warning, got bogus unix line.")
    if trouble.reason not in ("not_in_kernel", "permission"):
        return None
    return unsupported("UNIX", style, "unix", ends_run=True)


LAYOUT = Layout(block=Block("unix", heading=heading), rows=rows, needs=needs, shown=shown, complain=complain)
