"""The exceptions of this project, each with the exit status of a command that ends with it.

::

    NetstatError                 1
    ├── UsageError               3    options that are invalid or cannot be combined
    │   ├── OptionError          3    an option that the dialect does not have, or that lacks its argument
    │   ├── Refused              3    a reader cannot serve the request; raised before reading
    │   └── FilterFailed         3    an expression cannot be evaluated for a record; raised while reading
    ├── SourceError              255  a source could not be read, for another reason than these:
    │   ├── NotInKernel          1    the file or the netlink family does not exist
    │   ├── NoPermission         1    it exists, but this process may not read it
    │   ├── NarrowerCapture      1    the snapshot was captured for a narrower request
    │   └── Interrupted          255  it changed during every attempt to read it
    ├── SnapshotError            1    a snapshot that cannot be replayed
    ├── PluginError              1    a plugin that violates the contract
    └── SchemaViolation          4    a record that does not match its schema
"""

from __future__ import annotations

import errno


class NetstatError(Exception):
    """Base class of all errors of this project; ``exit_status`` is that of a command that ends with it."""

    exit_status = 1
    is_whole = False
    """Whether the message is printed as it is, without the name of the program."""


class UsageError(NetstatError):
    """The request contradicts itself or names something that does not exist.

    ``field`` is the field of :class:`Query` that the ``message`` is about, if any; front ends replace it by the name of
    their own option.
    """

    exit_status = 3

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.message = message
        self.field = field


class OptionError(UsageError):
    """A command line that cannot be parsed. The usage follows the message."""


class Refused(UsageError):
    """A reader cannot serve the request with its sources: the whole request is refused before anything is read."""


class FilterFailed(UsageError):
    """A filter expression cannot be evaluated for a record: a number is too large, or the record defies its schema."""


class SourceError(NetstatError):
    """A source could not be read.

    ``source`` is the input's name, ``detail`` a phrase for people, ``number`` the kernel's error number or 0; it is
    kept as ``errno``. ``reason`` is the word for it in ``completeness``.
    """

    exit_status = 255
    reason = "unreadable"

    def __init__(self, source: str, detail: str, number: int = 0) -> None:
        super().__init__(f"{source}: {detail}")
        self.source = source
        self.detail = detail
        self.errno = number

    @classmethod
    def from_os_error(cls, source: str, error: OSError) -> SourceError:
        """Return the subclass of SourceError that corresponds to an OSError from a file or socket."""
        number = error.errno or 0
        kind = _BY_ERRNO.get(number, SourceError)
        return kind(source, error.strerror or str(error), number)


class NotInKernel(SourceError):
    """The kernel has no such file, table or protocol: it is not configured, not loaded, or was removed."""

    exit_status = 1
    reason = "not_in_kernel"


class NoPermission(SourceError):
    """The source exists, but this process lacks the permission to read it."""

    exit_status = 1
    reason = "permission"


class Interrupted(SourceError):
    """The source exists, but the kernel changed it during every attempt to read it."""

    reason = "raced"


class Damaged(SourceError):
    """A file of a copy cannot be what the kernel wrote, such as one of no bytes in place of a table."""

    reason = "damaged"


class NarrowerCapture(SourceError):
    """The snapshot was captured for a narrower request: the source was not recorded, and may have existed."""

    exit_status = 1
    reason = "narrower_capture"


class SnapshotError(NetstatError):
    """A snapshot is missing, malformed, or exceeds the limits of a replay."""


class PluginError(NetstatError):
    """A plugin violates the contract, such as by an invalid declaration."""


class SchemaViolation(NetstatError):
    """A record does not match its schema, or a schema is invalid."""

    exit_status = 4


_BY_ERRNO: dict[int, type[SourceError]] = {
    errno.ENOENT: NotInKernel,
    errno.EPROTONOSUPPORT: NotInKernel,
    errno.EAFNOSUPPORT: NotInKernel,
    errno.EOPNOTSUPP: NotInKernel,
    errno.EACCES: NoPermission,
    errno.EPERM: NoPermission,
}
