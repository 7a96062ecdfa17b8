"""Clean messages of what identifies a machine: every word that this program does not use itself is replaced.

A message may quote anything: an exception of a plugin, a damaged value, a name that is in no record. The words that may
stay are therefore those of the texts in this program's code, of the kernel's errors, and of what readers declare.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from types import CodeType
from typing import Any

from netstat_core.plugin.readers import Reader
from netstat_core.plugin.schema import reader_schema
from netstat_core.sinks.substitutes import Substitutes

_OWN = "netstat_"
"""How the names of the packages begin whose texts are this program's: the core and the plugins that come with it."""

_SEPARATORS = r"""\s,;()\[\]{}'"=<>|"""
_PIECE = re.compile(rf"/[^{_SEPARATORS}]+|[^{_SEPARATORS}/]+")
_WORD = re.compile(rf"[^{_SEPARATORS}/]+")
_NUMBER = re.compile(r"-?[0-9]{1,20}|(?:pid|inode):[0-9]{1,20}")
_SHORTEST_NAME = 3
"""A shorter word of the program's is kept even if something has it as name: ``a`` is an article first."""


class Cleaner:
    """Replaces in messages what is not the program's: by the substitute that a record has, else as a name."""

    def __init__(self, substitutes: Substitutes, readers: Iterable[Reader]) -> None:
        self._substitutes = substitutes
        self._readers = readers
        self._cleaned: dict[str, str] = {}

    def clean(self, text: str) -> str:
        """Return a message with substitutes; it is read once, however many values are known."""
        if text not in self._cleaned:
            self._cleaned[text] = _PIECE.sub(lambda found: self._replace_piece(found[0]), text)
        return self._cleaned[text]

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        return _read_own_words() | {word for reader in self._readers for word in _list_declared(reader)}

    def _replace_piece(self, piece: str) -> str:
        """Replace a word, or a path: as a whole if it is known, else word by word."""
        if not piece.startswith("/"):
            return self._replace_word(piece)
        core = _strip(piece)
        known = self._substitutes.find(core)
        if known is not None:
            return known + piece[len(core) :]
        return _WORD.sub(lambda found: self._replace_word(found[0]), piece)

    def _replace_word(self, word: str) -> str:
        core = _strip(word)
        return self._replace_core(core) + word[len(core) :] if core else word

    def _replace_core(self, core: str) -> str:
        is_own = core in self._vocabulary
        if is_own and len(core) < _SHORTEST_NAME:
            return core
        made = self._substitutes.find(core)
        if made is not None:
            return made
        if is_own or _NUMBER.fullmatch(core):
            return core
        address = self._substitutes.find_address(core)
        if address is not None:
            return address
        before, colon, behind = core.partition(":")
        if colon and ":" not in behind:
            return f"{self._replace_word(before)}:{self._replace_word(behind)}"
        return str(self._substitutes.of("name", core))


def _strip(word: str) -> str:
    """Return a word without the marks that end a part of a sentence; a word of nothing else is one mark."""
    return word.rstrip(".:?!") if len(word) > 1 else word.strip(".:?!-")


def _list_declared(reader: Reader) -> Iterator[str]:
    """Yield the names that a reader declares: of itself, its table, kind, families, protocols, feeds and fields."""
    yield from (reader.name, reader.table, reader.kind, *reader.families, *reader.protocols)
    yield from (feed.name for feed in reader.feeds)
    yield from _list_properties(reader_schema(reader))


def _list_properties(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
        schema = [*schema.values()]
    for inner in schema if isinstance(schema, list) else ():
        yield from _list_properties(inner)


@cache
def _read_own_words() -> frozenset[str]:
    """Return all words in the texts of this program's loaded modules, and in the kernel's error messages."""
    texts = [os.strerror(number) for number in errno.errorcode]
    for name, module in list(sys.modules.items()):
        if name.startswith(_OWN):
            find_code = getattr(getattr(module, "__loader__", None), "get_code", None)
            texts += _list_texts(find_code(name) if find_code else None)
    return frozenset(core for text in texts for word in _WORD.findall(text) for core in _split_colons(_strip(word)))


def _split_colons(core: str) -> Iterator[str]:
    yield core
    yield from core.split(":")


def _list_texts(constant: Any) -> Iterator[str]:
    """Yield the texts in compiled code; those that end with a period are documentation, which no message quotes."""
    if isinstance(constant, CodeType):
        constant = constant.co_consts
    if isinstance(constant, str):
        if not constant.endswith("."):
            yield constant
    elif isinstance(constant, (tuple, frozenset)):
        for inner in constant:
            yield from _list_texts(inner)
