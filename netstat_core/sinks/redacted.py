"""Replace addresses, names, paths and hardware addresses in a report, which identify a machine, by substitutes.

The marks of the record types say how to replace a text. One without a mark is kept if the schema enumerates it, and
removed if not. Ports, numbers and times are kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from netstat_core.plugin.batches import Batch
from netstat_core.plugin.outcomes import Gap, Problem, Trait
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.records import NetworkNamespace, Record
from netstat_core.plugin.schema import MARK, Schema, published_schema
from netstat_core.plugin.sinks import Head, Rendering, Tail
from netstat_core.sinks.messages import Cleaner
from netstat_core.sinks.substitutes import Substitutes

REMOVED = "(redacted)"
_WORDS = ("about", "table", "tables", "reader", "readers", "feed")
"""Keys of problems, gaps and attempts whose values come from the program, not from the machine."""

_UNNAMED = re.compile(r"(?:UNKNOWN|unknown)\([0-9]+\)|0x[0-9a-f]+|[0-9]+")
"""A number for which an enumeration with a pattern has no word."""

_RELEASE = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_LISTED = re.compile(r"(?<=known: )(?!none$).+|(?<=ones: ).+")
"""Names of network namespaces behind a message: ``no such name below /run/netns; known: red, blue``."""

_PLAIN = {"type", "minimum", "maximum", "description", "const", "enum"}
"""Keywords of schemas that describe numbers, truth values, null and enumerations."""

Replace = Callable[[Any], Any]


class RedactedRendering(Rendering):
    """Passes a report to another rendering, with identifying values replaced by substitutes."""

    def __init__(self, rendering: Rendering) -> None:
        self._rendering = rendering
        self._substitutes = Substitutes()
        self._replacements: dict[str, dict[str, Replace | None]] = {}

    def begin(self, head: Head) -> None:
        """Replace the host name and the names in the query; remove the ``where`` expression."""
        of = self._substitutes.of
        self._cleaner = Cleaner(self._substitutes, head.readers)
        query = head.query._replace(
            where=None if head.query.where is None else REMOVED,
            interfaces=tuple(of("interface", name) for name in head.query.interfaces),
            network_namespaces=tuple(map(self._replace_selector, head.query.network_namespaces)),
        )
        system = {**head.system, "hostname": of("name", head.system.get("hostname"))}
        system["kernel_release"] = _cut_release(system.get("kernel_release"))
        system["network_namespace"] = self._rename(system.get("network_namespace"))
        self._rendering.begin(head._replace(query=query, system=system))

    def enter(self, namespace: NetworkNamespace | None) -> None:
        """Replace the name of the namespace."""
        self._rendering.enter(self._rename(namespace))

    def trait(self, reader: Reader, trait: Trait) -> None:
        """Pass the trait on, with a text in it cleaned like a message."""
        is_text = isinstance(trait.value, str)
        self._rendering.trait(reader, trait.replace(value=self._cleaner.clean(trait.value)) if is_text else trait)

    def batch(self, reader: Reader, batch: Batch) -> None:
        """Pass on copies of the records with substitutes."""
        rows = batch.rows()
        for name in batch.fields:
            replace = self._find_replacement(reader, name)
            if replace is not None:
                _replace_column(rows, name, replace)
        self._rendering.batch(reader, Batch(rows))

    def problem(self, reader: Reader | None, trouble: Problem | Gap) -> None:  # noqa: ARG002 - for names only
        """Take note of the names of network namespaces; the tail has the rest."""
        if isinstance(trouble, Gap):
            self._replace_selector(trouble.selector)
            self._rename(trouble.network_namespace)

    def clean(self, message: str) -> str:
        """Return a message about the report, such as one for stderr, with substitutes."""
        return self._clean_listed(message)

    def end(self, tail: Tail) -> None:
        """Remove raw lines from problems, and replace in messages what is not the program's."""
        problems = [{**problem, "text": REMOVED} for problem in tail.problems]
        names = tail.network_namespaces
        renamed = None if names is None else [self._rename(name) for name in names]
        missed = [*tail.completeness, *tail.unproven]
        for entry in missed:  # names first, since a name may be a word that messages have as well
            self._replace_selector(entry.get("selector"))
            for place in (entry.get("network_namespace"), *(entry.get("network_namespaces") or ())):
                self._rename(place)
        cleaned = [*map(self._clean_entry, missed)]
        count = len(tail.completeness)
        self._rendering.end(Tail([*map(self._clean_entry, problems)], cleaned[:count], None, renamed, cleaned[count:]))

    def _find_replacement(self, reader: Reader, name: str) -> Replace | None:
        """Return how to replace the values of a field, None to keep them."""
        known = self._replacements.get(reader.kind)
        if known is None:
            made = published_schema(reader).get("properties", {})
            known = {field: self._make_replacement(schema) for field, schema in made.items()}
            self._replacements[reader.kind] = known
        return known[name] if name in known else self._make_replacement({})

    def _make_replacement(self, schema: Schema, mark: str | None = None) -> Replace | None:
        """Return how to replace the values that a schema describes, None if they are numbers or enumerated.

        ``mark`` is that of the field around it.
        """
        mark = schema.get(MARK) or mark
        if mark is None and _is_plain(schema):
            return None
        text = self._substitutes.of_mark(mark).__getitem__ if mark else _Words(schema).__getitem__
        branches = [schema, *schema.get("anyOf", ())]
        items: Schema = next((one["items"] for one in branches if isinstance(one.get("items"), dict)), {})
        named = {key: value for one in branches for key, value in one.get("properties", {}).items()}
        others: Schema = next((one["additionalProperties"] for one in branches if _has_open_keys(one)), {})
        if not named and not _allows_structure(branches):
            return text
        return _Nested(
            text,
            lambda: self._make_replacement(items, mark),
            {key: self._make_replacement(value, mark) for key, value in named.items()},
            lambda: self._make_replacement(others, mark),
            self._substitutes.of_mark(mark or "name").__getitem__,
        )

    def _rename(self, namespace: Any) -> Any:
        """Return a network namespace with a substitute for its name."""
        if not isinstance(namespace, dict):
            return namespace
        return {**namespace, "name": self._substitutes.of("name", namespace.get("name"))}

    def _replace_selector(self, name: Any) -> Any:
        """Replace the name of a network namespace; ``pid:N`` and ``inode:N`` are kept."""
        is_number = isinstance(name, str) and _SELECTOR.fullmatch(name)
        return name if is_number else self._substitutes.of("name", name)

    def _clean_entry(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Clean a problem, a gap or an attempt; words of closed sets, such as the reasons of gaps, are kept."""
        kept = (*_WORDS, "reason") if "detail" in entry else _WORDS
        made = {key: value if key in kept else self._clean(value, key) for key, value in entry.items()}
        if entry.get("about") == "namespaces":
            made["detail"] = self._clean_listed(entry["detail"])
            name = entry.get("selector")
            if name:
                made["source"] = f"network namespace {made['selector']}"
        return made

    def _clean_listed(self, detail: str) -> str:
        """Clean a message that may end with a list of names of network namespaces."""
        found = _LISTED.search(detail)
        if not found:
            return self._cleaner.clean(detail)
        names = ", ".join(str(self._replace_selector(name)) for name in found[0].split(", "))
        return self._cleaner.clean(detail[: found.start()]) + names

    def _clean(self, value: Any, key: str) -> Any:
        if isinstance(value, (list, tuple)):
            return [self._clean(item, key) for item in value]
        if isinstance(value, dict):
            return self._rename(value) if "inode" in value else self._clean_entry(value)
        if key == "selector":
            return self._replace_selector(value)
        return self._cleaner.clean(value) if isinstance(value, str) and value != REMOVED else value


_SELECTOR = re.compile(r"(?:pid|inode):[0-9]+")


class _Words(dict[Any, Any]):
    """What is shown of texts without a mark: those enumerated, and numbers where the schema has a pattern for these."""

    def __init__(self, schema: Schema) -> None:
        branches = [schema, *schema.get("anyOf", ())]
        words = [word for one in branches for word in (*one.get("enum", ()), one.get("const"))]
        super().__init__({word: word for word in words if isinstance(word, str)} | {None: None})
        self._has_pattern = any("pattern" in one for one in branches)

    def __missing__(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return value if self._has_pattern and _UNNAMED.fullmatch(value) else REMOVED


class _Nested:
    """Replaces texts in values that may be lists and objects."""

    def __init__(
        self,
        text: Replace,
        items: Callable[[], Replace | None],
        named: Mapping[str, Replace | None],
        others: Callable[[], Replace | None],
        key: Replace,
    ) -> None:
        self._text = text
        self._make_items = items
        self._named = named
        self._make_others = others
        self._key = key
        self._made: dict[str, Replace | None] = {}

    def __call__(self, value: Any) -> Any:
        if isinstance(value, dict):
            return dict(map(self._replace_member, value.items()))
        if isinstance(value, (list, tuple)):
            replace = self._find("items", self._make_items)
            return [*value] if replace is None else [replace(item) for item in value]
        return self._text(value)

    def _replace_member(self, member: tuple[str, Any]) -> tuple[Any, Any]:
        name, value = member
        if name in self._named:
            replace = self._named[name]
        else:
            name, replace = self._key(name), self._find("others", self._make_others)
        return name, value if replace is None else replace(value)

    def _find(self, what: str, make: Callable[[], Replace | None]) -> Replace | None:
        """Return how to replace what no property describes; it is made when met, since it may contain itself."""
        if what not in self._made:
            self._made[what] = make()
        return self._made[what]


def _is_plain(schema: Schema) -> bool:
    """Return whether a schema allows numbers, truth values, null and enumerated texts only."""
    if not schema.keys() <= _PLAIN:
        return False
    kinds = schema.get("type", ["string"])
    free = {"string", "array", "object"} & {*([kinds] if isinstance(kinds, str) else kinds)}
    return (
        not free
        or "const" in schema
        or all(isinstance(word, (str, int, float, type(None))) for word in schema.get("enum", [[]]))
    )


def _allows_structure(branches: Iterable[Schema]) -> bool:
    """Return whether values may be lists or objects."""
    kinds = [
        one.get("type", [] if {"enum", "const", "anyOf", "pattern"} & one.keys() else "object") for one in branches
    ]
    return any({"array", "object"} & {*([one] if isinstance(one, str) else one)} for one in kinds)


def _has_open_keys(schema: Schema) -> bool:
    return isinstance(schema.get("additionalProperties"), dict)


def _replace_column(rows: Iterable[Record], name: str, replace: Replace) -> None:
    """Replace the values of a field in place; a value that several rows share, such as the namespace, once."""
    last, made = None, None
    for row in rows:
        if name in row:
            value = row[name]
            if value is not last or value is None:
                last, made = value, replace(value)
            row[name] = made


def _cut_release(release: Any) -> Any:
    """Return the numbers with which the name of a kernel begins; what follows is its builder's."""
    if not isinstance(release, str):
        return None
    found = _RELEASE.match(release)
    return found[0] if found else REMOVED
