"""Sources: what a reader can ask of a system. They are plain values; the host opens and reads them.

The content that a parser gets for each source:

=================  =========================================================================
File               the file's bytes
Directory          a mapping from path to bytes, sorted by path; with ``dated`` these are :class:`DatedContent`
NetlinkDump        an iterator of datagrams; each is valid only until the next one is taken
=================  =========================================================================

A source can be an *input* of a feed as it is; the feed then cannot be used without it. ``source.optional``,
``source.noted``, ``source.either`` and ``source.when(rule)`` are inputs whose content may be ``None``. A dump that some
files may show to be empty is ``dump.empty_if(sign, ...)``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from netstat_core.plugin.asked import Asked
from netstat_core.plugin.values import Value, name_field

Content = TypeVar("Content", covariant=True)  # noqa: PLC0105 - the name appears in signatures

Datagrams = Iterable[memoryview | bytes]
"""The content of a :class:`NetlinkDump`: its datagrams, without the final NLMSG_DONE."""

REQUIRED, OPTIONAL, NOTED, EITHER = "required", "optional", "noted", "either"
"""What the absence of a source means to a feed; see :class:`Input`."""


class Need(Value):
    """A source, and what its absence means to the feed: REQUIRED, OPTIONAL, NOTED or EITHER.

    If all ``signs`` of a dump show that it is empty, it is not requested. Without signs it always is.
    """

    source: Source = name_field(kw_only=False)
    absence: str = REQUIRED
    signs: tuple[Sign, ...] = ()


class Input(Generic[Content]):
    """What a feed reads: a source, or nothing if the request does not need it.

    A feed cannot be used if one of its sources is absent. These properties change that; the content is then ``None``:

    * ``optional``: absence is normal,
    * ``noted``: absence is reported as a gap,
    * ``either``: absence is reported as a gap, and at least one of a feed's ``either`` inputs must be present.
    """

    __slots__ = ()

    def need(self, asked: Asked) -> Need | None:
        """Return the source to read for a request, None if it needs none. Raises ``Refused`` if it cannot be served."""
        raise NotImplementedError

    @property
    def optional(self) -> Input[Content | None]:
        """The same input, whose absence is normal."""
        return _ConditionalInput(self, OPTIONAL)

    @property
    def noted(self) -> Input[Content | None]:
        """The same input, whose absence is reported as a gap."""
        return _ConditionalInput(self, NOTED)

    @property
    def either(self) -> Input[Content | None]:
        """The same input, whose absence is reported as a gap; a feed needs at least one of its ``either`` inputs."""
        return _ConditionalInput(self, EITHER)

    def when(self, rule: Callable[[Asked], bool]) -> Input[Content | None]:
        """Return the same input, which is read only if ``rule(asked)`` is true; otherwise its content is None."""
        return _ConditionalInput(self, None, rule)

    def empty_if(self, *signs: Sign) -> Input[Content]:
        """Return the same input, a dump, which is taken to be empty, and not requested, if all ``signs`` show that.

        They are read in this order, and no further than to the first that does not show it. One that cannot be read
        shows nothing.
        """
        return _ConditionalInput(self, None, signs=signs)


class _ConditionalInput(Input[Content]):
    """An input whose content may be None, or that may not be requested."""

    __slots__ = ("_absence", "_inner", "_rule", "_signs")

    def __init__(
        self,
        inner: Input[Any],
        absence: str | None,
        rule: Callable[[Asked], bool] | None = None,
        signs: tuple[Sign, ...] = (),
    ) -> None:
        self._inner = inner
        self._absence = absence
        self._rule = rule
        self._signs = signs

    def need(self, asked: Asked) -> Need | None:
        if self._rule is not None and not self._rule(asked):
            return None
        need = self._inner.need(asked)
        if need is None:
            return None
        return Need(need.source, absence=self._absence or need.absence, signs=need.signs + self._signs)


class _RequestedInput(Input[Content]):
    __slots__ = ("_make",)

    def __init__(self, make: Callable[[Asked], Input[Content]]) -> None:
        self._make = make

    def need(self, asked: Asked) -> Need | None:
        return self._make(asked).need(asked)


def from_asked(make: Callable[[Asked], Input[Content]]) -> Input[Content]:
    """Return an input that ``make(asked)`` creates for each request, such as a dump with a filter in its body.

    ``make`` may raise ``Refused(message, field)``: the whole request is then refused before anything is read.
    """
    return _RequestedInput(make)


class _Source(Value, Input[Content]):
    """Base class of sources. Used as an input, a source is required."""

    def need(self, asked: Asked) -> Need | None:  # noqa: ARG002 - the same for every request
        return Need(self)  # type: ignore[arg-type]  # all subclasses are in the union Source


class Rows(Value):
    """Selects the rows of a file that have one of ``values`` in a column, counted from 0."""

    column: int
    values: tuple[str, ...]


class File(_Source[bytes]):
    """A file, by its absolute path on the machine: ``File("/proc/net/tcp")``. Its content is bytes.

    The other fields help captures to record less: ``keep`` selects the rows that the reader uses; ``inode_column`` and
    ``uid_column`` are the columns of socket inodes and user ids, counted from 0 (-1 is the last).
    """

    path: str = name_field(kw_only=False)
    keep: Rows | None = None
    inode_column: int | None = None
    uid_column: int | None = None

    @property
    def name(self) -> str:
        """How problems and completeness name this source."""
        return self.path


class DatedContent(bytes):
    """The content of a file, and when the file was last modified.

    ``modified`` is in seconds since 1970, None if unknown. A file that is there and may not be read ``is_denied``; it
    has no content. Whatever is made from it, such as a slice, is plain bytes without a time.
    """

    modified: int | None = None
    is_denied: bool = False

    @classmethod
    def of(cls, content: bytes | None, modified: int | None) -> DatedContent:
        """Return a content with its time; without a content it is that of a file that may not be read."""
        dated = cls(content or b"")
        dated.modified, dated.is_denied = modified, content is None
        return dated


class Sign(Value):
    """A file of which the content may show that a dump is empty, by a rule that must be false for a damaged file.

    A socket that is in the dump from before the first sign is read until after the last must make a rule false.
    """

    file: File
    shows_none: Callable[[bytes], bool]


class Directory(_Source[Mapping[str, bytes]]):
    """All files that match a path pattern, in which ``*`` matches within one component.

    ``Directory("/proc/net/dev_snmp6/*")`` or ``Directory("/sys/class/net/*/address")``. Its content is a mapping from
    path to bytes, sorted by path; empty if no file matches. It is absent if the directory does not exist. With
    ``dated`` the contents are :class:`DatedContent`, and files that may not be read are there too; this is for files
    of daemons, which mean something by their time. Those of the kernel have none.
    """

    pattern: str = name_field(kw_only=False)
    dated: bool = False

    @property
    def name(self) -> str:
        """How problems and completeness name this source."""
        return self.pattern


class NetlinkDump(_Source[Datagrams]):
    """A netlink dump request (NLM_F_REQUEST | NLM_F_DUMP). Its content is :data:`Datagrams`, for :func:`messages`.

    * ``name``: identifies the request in snapshots: ``sock_diag/tcp``.
    * ``protocol``: the netlink protocol, such as NETLINK_ROUTE; ``type``: the message type, such as RTM_GETLINK.
    * ``body``: the bytes after the 16-byte header, in native byte order.
    * ``strict``: set NETLINK_GET_STRICT_CHK, so that the kernel validates the body and honours its filters.
    * ``restart``: read the whole dump before parsing, and again if the kernel marks it interrupted. Others stream.
    * ``empty_on``: error numbers that mean "no rows". Any other error before the first row makes the host take the
      next feed.
    * ``wider``: other requests, as pairs of name and body, whose replies contain all that this one's would. Used when a
      snapshot has one of those instead.

    For captures, with offsets counted from the end of the 16-byte header: ``keep`` is an offset and the byte values
    that useful messages have there; ``inode_at`` and ``uid_at`` are the offsets of a socket inode and a user id (u32).
    """

    name: str = name_field(kw_only=False)
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

NETLINK_SOCK_DIAG = 4  # linux/netlink.h
_SOCK_DIAG_BY_FAMILY = 20  # linux/sock_diag.h


def sock_diag(  # noqa: PLR0913 - the fields of a request
    name: str,
    family: int,
    *,
    protocol: int = 0,
    request: bytes = b"",
    inode_at: int | None = None,
    uid_at: int | None = None,
    wider: tuple[tuple[str, bytes], ...] = (),
) -> NetlinkDump:
    """Return the dump of a family's sockets over sock_diag (SOCK_DIAG_BY_FAMILY of linux/sock_diag.h).

    ``family`` is Linux's AF number, ``protocol`` the second byte of the family's request structure, ``request`` the
    bytes after it. For ``struct vsock_diag_req`` of linux/vm_sockets_diag.h these are
    ``struct.pack("=HIIIII", 0, states, 0, 0, 0, 0)``. The other arguments are those of :class:`NetlinkDump`.
    """
    return NetlinkDump(
        name,
        protocol=NETLINK_SOCK_DIAG,
        type=_SOCK_DIAG_BY_FAMILY,
        body=struct.pack("=BB", family, protocol) + request,
        inode_at=inode_at,
        uid_at=uid_at,
        wider=wider,
    )
