"""Bytes from anywhere as text that keeps them: reversible in records, harmless on a terminal."""

from __future__ import annotations

import re

_ESCAPED = re.compile(rb"\\(?:\\|x([0-9a-f]{2}))")
_ODD = re.compile(r"[\\\udc80-\udcff]")


def escape(raw: bytes) -> str:
    r"""Any bytes as text: UTF-8, with each undecodable byte as ``\xNN`` and a backslash as ``\\``.

    >>> escape(b"caf\xe9\\")
    'caf\\xe9\\\\'
    """
    text = raw.decode("utf-8", "surrogateescape")
    return _ODD.sub(lambda odd: "\\\\" if odd[0] == "\\" else f"\\x{ord(odd[0]) - 0xDC00:02x}", text)


def encoded(text: str) -> bytes:
    """The bytes of a text that Python read as a file's name, or of any other, whatever is in it."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def unescape(text: str) -> bytes:
    r"""The bytes that :func:`escape` was given.

    >>> unescape('caf\\xe9\\\\')
    b'caf\xe9\\'
    """
    raw = text.encode("utf-8", "surrogateescape")
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]) if found[1] else b"\\", raw)


def printable(text: str) -> str:
    r"""An escaped text as a terminal may show it: printable characters as they are, all else as ``\xNN``.

    >>> printable(escape(b"a\x1b[1mb\\"))
    'a\\x1b[1mb\\'
    """
    if text.isprintable() and "\\" not in text:
        return text
    shown = unescape(text).decode("utf-8", "surrogateescape")
    return "".join(one if one.isprintable() else _masked(one) for one in shown)


def harmless(text: str) -> str:
    r"""A text of any origin and of several lines as a terminal may show it: what is not printable as ``\xNN``.

    >>> harmless("a\x1b[1mb\\n\n")
    'a\\x1b[1mb\\\\n\n'
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in "\n\t" or _is_surrogate(one) else _masked(one) for one in text)


def one_line(text: str, most: int = 200) -> str:
    r"""A text of any origin as a part of a line: blanks in the place of line ends, cut where it is long.

    >>> one_line("no\n luck\x1b[1m")
    'no luck\\x1b[1m'
    """
    words = harmless(" ".join(text[: 4 * most].split()))
    return words if len(words) <= most else words[:most] + "..."


def _is_surrogate(character: str) -> bool:
    """Whether it stands for a byte that is no text; who writes it out escapes it."""
    return "\ud800" <= character <= "\udfff"


def _masked(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))
