"""What a reader can ask of a system. Sources are data: nothing here opens anything.

The content a parser receives for each source:

=================  ============================================================
File               the file's bytes
Directory          a mapping from path to bytes, sorted by path
NetlinkDump        an iterator of datagrams, each valid until the next is taken
=================  ============================================================

A source is the plainest *input* of a feed. ``source.optional``, ``source.when(rule)`` and so on are inputs that may
give ``None`` in the place of the content.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from netstat_core.plugin.asked import Asked
from netstat_core.plugin.values import Value, named

Content = TypeVar("Content", covariant=True)  # noqa: PLC0105 - not a word of docs

Datagrams = Iterable[memoryview | bytes]
"""The answer to a netlink dump, without its final NLMSG_DONE."""

REQUIRED, OPTIONAL, NOTED, EITHER = "required", "optional", "noted", "either"
"""What the absence of a source means to a feed, see :class:`Input`."""


class Need(NamedTuple):
    """A source as one feed needs it: what it means if the source is not there."""

    source: Source
    absence: str = REQUIRED


class Input(Generic[Content]):
    """What a feed reads: a source, or nothing where what was asked for has no use for it.

    A feed cannot be used without its sources, unless it says what their absence means:

    * ``optional``: nothing to speak of; the content is ``None``,
    * ``noted``: a gap, and the rest counts,
    * ``either``: a gap, but one at least of a feed's inputs of this sort must be there.
    """

    __slots__ = ()

    def need(self, asked: Asked) -> Need | None:
        """The source for what was asked for, None where it has no use for it. May raise ``Refused``."""
        raise NotImplementedError

    @property
    def optional(self) -> Input[Content | None]:
        """The same source, whose absence is nothing to speak of."""
        return _Narrowed(self, OPTIONAL)

    @property
    def noted(self) -> Input[Content | None]:
        """The same source, whose absence is a gap."""
        return _Narrowed(self, NOTED)

    @property
    def either(self) -> Input[Content | None]:
        """The same source, whose absence is a gap; of those of a feed one at least must be there."""
        return _Narrowed(self, EITHER)

    def when(self, rule: Callable[[Asked], bool]) -> Input[Content | None]:
        """The same source where the rule holds for what was asked, else nothing."""
        return _Narrowed(self, None, rule)


class _Narrowed(Input[Content]):
    """An input that may give nothing."""

    __slots__ = ("_absence", "_inner", "_rule")

    def __init__(self, inner: Input[Any], absence: str | None, rule: Callable[[Asked], bool] | None = None) -> None:
        self._inner = inner
        self._absence = absence
        self._rule = rule

    def need(self, asked: Asked) -> Need | None:
        if self._rule is not None and not self._rule(asked):
            return None
        need = self._inner.need(asked)
        return need if need is None or self._absence is None else Need(need.source, self._absence)


class _Made(Input[Content]):
    __slots__ = ("_make",)

    def __init__(self, make: Callable[[Asked], Input[Content]]) -> None:
        self._make = make

    def need(self, asked: Asked) -> Need | None:
        return self._make(asked).need(asked)


def from_asked(make: Callable[[Asked], Input[Content]]) -> Input[Content]:
    """An input that is built from what was asked for, such as a request with a filter in it.

    ``make`` raises ``Refused`` for what cannot be served, and the whole request is refused before anything is read.
    """
    return _Made(make)


class _Source(Value, Input[Content]):
    """What can be opened; needed as it is, it is required."""

    def need(self, asked: Asked) -> Need | None:  # noqa: ARG002 - the same for whatever was asked
        return Need(self)  # type: ignore[arg-type]  # the union below has all of them


class Rows(Value):
    """The rows of a file that are of use: those with one of ``values`` in a column, counted from 0."""

    column: int
    values: tuple[str, ...]


class File(_Source[bytes]):
    """One file, by its absolute path as on the live machine (``/proc/net/tcp``).

    The rest is for captures: ``keep`` tells which rows are of use to the query, ``inode_column`` and ``uid_column``
    where socket inodes and user ids stand (-1 is the last column).
    """

    path: str = named(kw_only=False)
    keep: Rows | None = None
    inode_column: int | None = None
    uid_column: int | None = None

    @property
    def name(self) -> str:
        """How problems and completeness name this source."""
        return self.path


class Directory(_Source[Mapping[str, bytes]]):
    """All files matching a path pattern, in which ``*`` stands for one component or a part of one.

    ``Directory("/proc/net/dev_snmp6/*")`` or ``Directory("/sys/class/net/*/address")``. A directory that does
    not exist is absent; one without a matching file is an empty mapping.
    """

    pattern: str = named(kw_only=False)

    @property
    def name(self) -> str:
        """How problems and completeness name this source."""
        return self.pattern


class NetlinkDump(_Source[Datagrams]):
    """One netlink dump request (NLM_F_REQUEST | NLM_F_DUMP) and what its errors mean.

    ``name`` identifies the request in snapshots (``sock_diag/tcp``); ``protocol`` is the netlink protocol
    (NETLINK_ROUTE ...), ``type`` the message type, ``body`` what follows the 16-byte header, native order.
    ``strict`` asks the kernel to check and honour the filters in the body. A ``restart`` dump is read whole before
    parsing and again when the kernel says it was interrupted; others stream.
    Error numbers in ``empty_on`` mean that there are no rows; any other error before the first row makes the host take
    the next feed.
    ``keep`` tells captures which messages are of use: those with one of some bytes at an offset after the header.
    ``inode_at`` and ``uid_at`` are the offsets of a socket inode and a user id (u32) in each message after its header,
    for captures. ``wider`` are other requests, as name and body, in whose replies the parser finds all it would find
    in this one's: a snapshot that has none of this may have one of those.
    """

    name: str = named(kw_only=False)
    protocol: int
    type: int
    body: bytes
    strict: bool = False
    restart: bool = False
    inode_at: int | None = None
    empty_on: frozenset[int] = frozenset()
    uid_at: int | None = None
    wider: tuple[tuple[str, bytes], ...] = ()
    keep: tuple[int, bytes] | None = None


Source = File | Directory | NetlinkDump

_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY = 4, 20


def sock_diag(  # noqa: PLR0913 - what tells requests apart
    name: str,
    family: int,
    *,
    protocol: int = 0,
    request: bytes = b"",
    inode_at: int | None = None,
    uid_at: int | None = None,
    wider: tuple[tuple[str, bytes], ...] = (),
) -> NetlinkDump:
    """The dump of a family's sockets over sock_diag (SOCK_DIAG_BY_FAMILY of linux/sock_diag.h).

    ``family`` is an AF number, ``protocol`` what the family's request has in its second byte, and ``request`` all that
    stands behind the two in its structure, such as ``struct vsock_diag_req`` of linux/vm_sockets_diag.h: for that
    ``struct.pack("=HIIIII", 0, states, 0, 0, 0, 0)``. Offsets count from behind the 16-byte header of a message.
    """
    return NetlinkDump(
        name,
        protocol=_SOCK_DIAG,
        type=_SOCK_DIAG_BY_FAMILY,
        body=struct.pack("=BB", family, protocol) + request,
        inode_at=inode_at,
        uid_at=uid_at,
        wider=wider,
    )
