"""Standard output and standard error: the one place that writes to them, and that escapes what a terminal obeys."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from typing import Any, BinaryIO, cast

from netstat_core.errors import UsageError
from netstat_core.escape import escape_block, escape_unprintable


class EscapedOutput(io.BufferedIOBase):
    """Writes text to a stream, with control characters escaped; ``unescaped`` is that stream, for binary formats.

    With ``lossy`` what cannot be written is lost without an error.
    """

    def __init__(self, out: BinaryIO, *, lossy: bool = False) -> None:
        self.unescaped = out
        self._ignored: tuple[type[OSError], ...] = (OSError,) if lossy else ()

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, content: Any) -> int:
        """Write whole characters in UTF-8."""
        with suppress(*self._ignored):
            self.unescaped.write(escape_block(bytes(content)))
        return len(content)

    def flush(self) -> None:
        """Flush the stream, unless it is closed: this object may be collected, and then flushed, later than that."""
        with suppress(*self._ignored):
            if not self.unescaped.closed:
                self.unescaped.flush()

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return self.unescaped.isatty()

    def close(self) -> None:
        """Leave the stream open: it belongs to the process."""


class Diverted(io.TextIOBase):
    """Replaces the streams of Python while plugins run, and sends what they print to standard error."""

    def __init__(self, stderr: BinaryIO) -> None:
        self.buffer = stderr

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Write to standard error, with control characters escaped."""
        write_text(self.buffer, escape_unprintable(text))
        return len(text)


class _ClosedOutput(io.BufferedIOBase):
    """Standard output of a process that was started without one: whoever writes is told, as by a full disk."""

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, content: Any) -> int:
        """Raise OSError if there is anything to write."""
        if content:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return 0


def escaped(out: BinaryIO) -> BinaryIO:
    """Return a stream that writes text to ``out``; ``out`` itself if it is one."""
    return out if isinstance(out, EscapedOutput) else cast("BinaryIO", EscapedOutput(out))


def for_binary(out: BinaryIO, what: str) -> BinaryIO:
    """Return the stream itself, for a format that is no text. Raises UsageError if it is a terminal."""
    if not isinstance(out, EscapedOutput):
        return out
    if out.isatty():
        raise UsageError(f"{what} is no text: send it to a file or a program, not to a terminal")
    return out.unescaped


def write_text(out: BinaryIO, text: str) -> None:
    """Write a text and flush it; what UTF-8 cannot hold is escaped."""
    out.write(text.encode("utf-8", "backslashreplace"))
    out.flush()


def open_standard() -> tuple[BinaryIO, BinaryIO]:
    """Return standard output and standard error; both escape, and that a message cannot be written is no error.

    A descriptor that was closed when the process began is occupied, so that no file gets its number.
    """
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if stream is None:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, in this order
    stdout = sys.stdout.buffer if sys.stdout else cast("BinaryIO", _ClosedOutput())
    stderr = sys.stderr.buffer if sys.stderr else open(os.devnull, "wb")  # noqa: SIM115 - open until the process ends
    return escaped(stdout), cast("BinaryIO", EscapedOutput(stderr, lossy=True))


def abandon_output() -> None:
    """Make nothing of what standard output still holds: the interpreter flushes it at its end, which must not fail."""
    if sys.__stdout__ is not None:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.__stdout__.fileno())
        os.close(null)
