"""Kinds of damage to the content of a source: what copies, captures and broken tools leave of a kernel's file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

Damage = Callable[[bytes], "bytes | None"]
"""Returns the damaged form of a content that is not empty; None if this damage cannot be done to it."""

ERROR_TEXT = b"cat: /proc/net/file: Permission denied\n"
HTML = b"<!DOCTYPE html>\n<html><head><title>403 Forbidden</title></head>\n<body><h1>Forbidden</h1></body></html>\n"
NOTHING = "nothing"


def _cut_first_line_in_half(content: bytes) -> bytes:
    line = content.partition(b"\n")[0]
    return line[: len(line) // 2]


def _end_in_header(content: bytes) -> bytes:
    return _cut_first_line_in_half(content) + b"\n"


def _keep_second_half(content: bytes) -> bytes | None:
    """Return the content from the middle of a line in its second half on."""
    start = content.rfind(b"\n", 0, len(content) // 2 + 1) + 1
    end = content.find(b"\n", start)
    middle = (start + (len(content) if end < 0 else end)) // 2
    while middle < len(content) and content[middle : middle + 1].isspace():
        middle += 1
    return content[middle:] or None


def _cut_last_line(content: bytes) -> bytes | None:
    body = content.rstrip(b"\n")
    start = body.rfind(b"\n") + 1
    return body[: (start + len(body)) // 2] or None


DAMAGES: Mapping[str, Damage] = MappingProxyType(
    {
        "an error message": lambda _content: ERROR_TEXT,
        "NULs": lambda content: bytes(len(content)),
        NOTHING: lambda _content: b"",
        "HTML": lambda _content: HTML,
        "half a header": _cut_first_line_in_half,
        "half a header as a line": _end_in_header,
        "its second half": _keep_second_half,
        "a cut last line": _cut_last_line,
    }
)
"""What :func:`netstat_core.testing.sweep` does to each source, by name."""
