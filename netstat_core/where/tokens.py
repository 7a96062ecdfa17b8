"""Cut the source of an expression into tokens, with hints for those who know another language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from netstat_core.errors import UsageError
from netstat_core.plugin.records import GREATEST_INTEGER
from netstat_core.where.expression import Scalar

LONGEST = 65_536
"""Characters of the longest expression that is read."""


_MOST_DIGITS = 100
_SHOWN = 40
"""Characters of a source that an error shows."""


class Token(NamedTuple):
    """A piece of the source: ``kind`` is literal, name, operator or end."""

    kind: str
    text: str
    at: int
    value: Scalar = None


_PATTERN = re.compile(
    r"""(?P<blank>\s+|//[^\n]*)
    |(?P<raw>[rR](?:'''.*?'''|\"{3}.*?\"{3}|'[^'\n]*'|"[^"\n]*"))
    |(?P<text>'''(?:\\.|.)*?'''|\"{3}(?:\\.|.)*?\"{3}|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")
    |(?P<number>0[xX][0-9a-fA-F]+[uU]?|(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?[uU]?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<operator>=~|!~|~=|<>|===|==|!=|<=|>=|&&|\|\||[][().,<>!+*/%-])
    """,
    re.VERBOSE | re.DOTALL,
)
_HINTS = {
    "and": "terms are joined by &&",
    "or": "terms are joined by ||",
    "not": "a term is negated by !",
    "&": "terms are joined by &&",
    "|": "terms are joined by ||",
    "=": "values are compared by ==",
    "===": "values are compared by ==",
    "<>": "values are compared by !=",
    "=~": "regular expressions are matched by path.matches('...')",
    "!~": "regular expressions are matched by !path.matches('...')",
    "~": "regular expressions are matched by path.matches('...')",
    "~=": "regular expressions are matched by path.matches('...')",
    "is": "values are compared by ==, also with null",
    "for": "lists are searched by processes.exists(p, p.name == '...')",
    "like": "texts are compared by contains, startsWith, endsWith and matches",
    "?": "there are no conditions; combine terms by && and ||",
    "{": "there are no maps; only lists in brackets",
    "`": "a name that is no word is written in brackets: counters['...']",
    "‘": "texts stand in plain quotes",  # noqa: RUF001 - what word processors make of '
    "’": "texts stand in plain quotes",  # noqa: RUF001
    "“": "texts stand in plain quotes",
    "”": "texts stand in plain quotes",
}
_LITERALS: dict[str, Scalar] = {"true": True, "false": False, "null": None}


def fail(source: str, at: int, detail: str = "") -> UsageError:
    """Return the error for a source that is no expression from character ``at`` on."""
    if at >= len(source):
        return UsageError(f"{detail or 'the expression ends too early'}: {_show(source[-_SHOWN:])}", field="where")
    rest = _show(source[at : at + _SHOWN]) + ("..." if len(source) > at + _SHOWN else "")
    return UsageError(f"syntax error at character {at + 1}: {rest}{detail and f' ({detail})'}", field="where")


def _show(text: str) -> str:
    """Return a part of a source in one line that is safe to print."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def tokenize(source: str) -> list[Token]:
    """Return the tokens of a source, and one that marks its end. Raises UsageError where there is none."""
    if len(source) > LONGEST:
        raise UsageError(f"the expression is longer than {LONGEST} characters", field="where")
    return [*_find_tokens(source), Token("end", "", len(source))]


def _find_tokens(source: str) -> Iterator[Token]:
    at = 0
    while at < len(source):
        found = _PATTERN.match(source, at)
        text = found[0] if found else source[at]
        if found is None or text in _HINTS:
            raise fail(source, at, _HINTS.get(text) or _describe_stranger(text))
        if found.lastgroup != "blank":
            yield _make_token(source, str(found.lastgroup), text, at)
        at = found.end()


def _describe_stranger(text: str) -> str:
    return "the text has no closing quote" if text in "'\"" else ""


def _make_token(source: str, kind: str, text: str, at: int) -> Token:
    if kind == "number":
        return Token("literal", text, at, _read_number(source, text, at))
    if kind == "raw":
        return Token("literal", text, at, _strip_quotes(text[1:]))
    if kind == "text":
        return Token("literal", text, at, _unescape(source, _strip_quotes(text), at))
    if text in _LITERALS:
        return Token("literal", text, at, _LITERALS[text])
    return Token(kind, text, at)


def _read_number(source: str, text: str, at: int) -> int | float:
    digits = text.rstrip("uU")
    is_hexadecimal = digits[:2] in ("0x", "0X")
    number: int | float
    if is_hexadecimal or digits.isdecimal():
        number = int(digits, 16 if is_hexadecimal else 10) if len(digits) <= _MOST_DIGITS else GREATEST_INTEGER + 1
    else:
        number = float(digits)
    if number > GREATEST_INTEGER:
        raise fail(source, at, "the number is larger than any in a record")
    return number


def _strip_quotes(text: str) -> str:
    size = 3 if text[:3] in ("'''", '"""') and len(text) >= len("''''''") else 1
    return text[size:-size]


_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\?\"'`])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|)"
)
_CONTROLS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _unescape(source: str, text: str, at: int) -> str:
    def replace(found: re.Match[str]) -> str:
        plain, *codes = found.groups()
        if plain:
            return _CONTROLS.get(plain, plain)
        *hexadecimal, octal = codes
        code = next((int(digits, 16) for digits in hexadecimal if digits), int(octal, 8) if octal else None)
        if code is None or code > 0x10FFFF or 0xD800 <= code < 0xE000:  # noqa: PLR2004 - what Unicode has
            raise fail(source, at, "unknown escape; a backslash is written \\\\, or the text as r'...'")
        return chr(code)

    return _ESCAPE.sub(replace, text) if "\\" in text else text
