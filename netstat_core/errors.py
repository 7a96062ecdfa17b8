"""What can go wrong, as a tree of exceptions that carry their exit status.

::

    NetstatError                 1
    ├── UsageError               3    options that cannot be understood or combined
    │   └── Refused              3    what a reader cannot serve, said before anything is read
    ├── SourceError              255  a source could not be read for a reason of its own
    │   ├── NotInKernel          1    the file or the netlink family does not exist
    │   ├── NoPermission         1    it exists, and this process may not read it
    │   ├── NarrowerCapture      1    a snapshot was made for less than is asked of it
    │   └── Interrupted          255  it changed each time it was read
    ├── SnapshotError            1    a recorded system that cannot be replayed
    ├── PluginError              1    a plugin that does not keep the contract
    └── SchemaViolation          4    a record that does not match its schema
"""

from __future__ import annotations

import errno


class NetstatError(Exception):
    """Any failure this project reports by itself; ``exit_status`` is what a command ends with."""

    exit_status = 1


class UsageError(NetstatError):
    """The request contradicts itself or names something that does not exist.

    ``field`` is the field of the query that the ``message`` is about, where it is about one: a command line says its
    option for it, a playbook the task's.
    """

    exit_status = 3

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.message = message
        self.field = field


class Refused(UsageError):
    """A reader's sources cannot serve what was asked for: the whole request is refused before anything is read."""


class SourceError(NetstatError):
    """A source could not be read; ``errno`` is the kernel's error number, 0 where there is none."""

    exit_status = 255
    reason = "unreadable"

    def __init__(self, source: str, detail: str, number: int = 0) -> None:
        super().__init__(f"{source}: {detail}")
        self.source = source
        self.detail = detail
        self.errno = number

    @classmethod
    def from_os_error(cls, source: str, error: OSError) -> SourceError:
        """The member of the tree that says what an OSError from a path or socket means."""
        number = error.errno or 0
        kind = _BY_ERRNO.get(number, SourceError)
        return kind(source, error.strerror or str(error), number)


class NotInKernel(SourceError):
    """The kernel has no such file, table or protocol: not configured, not loaded, or removed."""

    exit_status = 1
    reason = "not_in_kernel"


class NoPermission(SourceError):
    """The source exists, and reading it needs rights this process lacks."""

    exit_status = 1
    reason = "permission"


class Interrupted(SourceError):
    """What was read is there, but the kernel changed it meanwhile, as often as it was tried."""

    reason = "raced"


class NarrowerCapture(SourceError):
    """The snapshot was made for another question: this source may have existed, and was not recorded."""

    exit_status = 1
    reason = "narrower_capture"


class SnapshotError(NetstatError):
    """A recorded system is missing, malformed, or larger than the bounds of a replay."""


class PluginError(NetstatError):
    """A plugin declares something the host cannot use; the message names the plugin."""


class SchemaViolation(NetstatError):
    """A record, or a schema itself, is not what was declared."""

    exit_status = 4


_BY_ERRNO: dict[int, type[SourceError]] = {
    errno.ENOENT: NotInKernel,
    errno.EPROTONOSUPPORT: NotInKernel,
    errno.EAFNOSUPPORT: NotInKernel,
    errno.EOPNOTSUPP: NotInKernel,
    errno.EACCES: NoPermission,
    errno.EPERM: NoPermission,
}
