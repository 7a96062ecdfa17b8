"""Escaping of untrusted bytes and text: reversibly for records, safely for terminals."""

from __future__ import annotations

import re
from typing import Any

_ESCAPED = rb"\\(?:\\|x([0-9a-f]{2}))"
_HARMLESS = bytes(range(0x20, 0x7F)) + b"\n\t"
_LINES = r"(?:[^\r\n\t]|\r(?!\n))+"
_NEEDS_ESCAPE = r"[\\\udc80-\udcff]"
"""Patterns, which :mod:`re` compiles when they are first used, and keeps: most runs show plain text alone."""


def escape(raw: bytes) -> str:
    r"""Decode bytes as UTF-8, with each undecodable byte as ``\xNN`` and a backslash as ``\\``.

    :func:`unescape` reverses it. Record fields whose bytes the kernel does not restrict, such as paths, hold such text.

    >>> escape(b"caf\xe9\\")
    'caf\\xe9\\\\'
    """
    if raw.isascii() and b"\\" not in raw:
        return raw.decode()
    text = raw.decode("utf-8", "surrogateescape")
    return re.sub(_NEEDS_ESCAPE, lambda found: "\\\\" if found[0] == "\\" else f"\\x{ord(found[0]) - 0xDC00:02x}", text)


def encode_text(text: str) -> bytes:
    """Encode a text as UTF-8. Surrogates are accepted: as the bytes of a file name (PEP 383), or else as they are."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def unescape(text: str) -> bytes:
    r"""Return the bytes that were passed to :func:`escape`.

    >>> unescape('caf\\xe9\\\\')
    b'caf\xe9\\'
    """
    raw = encode_text(text)
    return re.sub(_ESCAPED, lambda found: bytes([int(found[1], 16)]) if found[1] else b"\\", raw)


def printable(text: str) -> str:
    r"""Return a text from :func:`escape` in a form safe for a terminal: unprintable characters as ``\xNN``.

    >>> printable(escape(b"a\x1b[1mb\\"))
    'a\\x1b[1mb\\'
    """
    if text.isprintable() and "\\" not in text:
        return text
    shown = unescape(text).decode("utf-8", "surrogateescape")
    return "".join(char if char.isprintable() else _to_hex(char) for char in shown)


def escape_unprintable(text: str) -> str:
    r"""Return any text in a form safe for a terminal: unprintable characters as ``\xNN``, except newline and tab.

    >>> escape_unprintable("a\x1b[1mb\\n\n")
    'a\\x1b[1mb\\n\n'
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in "\n\t" or _is_surrogate(char) else _to_hex(char) for char in text
    )


def escape_line(text: str) -> str:
    r"""Return any text in a form that cannot leave its line: unprintable characters as ``\xNN``, newline and tab too.

    >>> escape_line("a\x1b[1mb\n\ud800")
    'a\\x1b[1mb\\x0a\\xed\\xa0\\x80'
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _to_hex(char) for char in text)


def escape_block(content: bytes) -> bytes:
    r"""Return encoded text in a form safe for a terminal; newlines (also after ``\r``) and tabs are kept.

    Bytes that are not UTF-8 are escaped too. Text of ASCII costs a nanosecond for a byte.

    >>> escape_block(b"a\x1b[1m\n\xff"), escape_block("\u202e".encode())
    (b'a\\x1b[1m\n\\xff', b'\\xe2\\x80\\xae')
    """
    if not content.translate(None, _HARMLESS):
        return content
    text = content.decode("utf-8", "surrogateescape")
    return re.sub(_LINES, lambda found: escape_line(found[0]), text).encode()


def escape_value(value: Any) -> Any:
    """Return a value of a record with every text, also names of fields, as part of a line that is safe to display.

    NUL is kept, which netstat shows as ``@`` in the names of UNIX sockets; whoever writes the line escapes the rest.
    """
    if isinstance(value, str):
        return value if value.isprintable() else "\0".join(map(escape_line, value.split("\0")))
    if isinstance(value, dict):
        pairs: dict[Any, Any] = value  # pyright: ignore[reportUnknownVariableType]
        return {escape_value(name): escape_value(nested) for name, nested in pairs.items()}
    if type(value) is list or type(value) is tuple:
        values: list[Any] | tuple[Any, ...] = value  # pyright: ignore[reportUnknownVariableType]
        return type(values)(map(escape_value, values))
    return value


def to_one_line(text: str, most: int = 200) -> str:
    r"""Return any text as part of a line: runs of white space become one space, more than ``most`` characters are cut.

    >>> to_one_line("no\n luck\x1b[1m")
    'no luck\\x1b[1m'
    """
    words = escape_unprintable(" ".join(text[: 4 * most].split()))
    return words if len(words) <= most else words[:most] + "..."


def _is_surrogate(character: str) -> bool:
    """True for a byte that is not UTF-8, as PEP 383 decodes it; whoever encodes the text escapes it."""
    return "\ud800" <= character <= "\udfff"


def _to_hex(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in encode_text(character))
