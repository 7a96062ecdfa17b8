"""What the command line can tell about itself: usage, plugins and schemas."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice
from typing import BinaryIO

from netstat_core.dialects import Added, Dialect
from netstat_core.dialects.getopt import Option
from netstat_core.errors import PluginError, UsageError
from netstat_core.escape import escape_unprintable, to_one_line
from netstat_core.host.checker import check_schemas
from netstat_core.host.discovery import TEXT, FormatOffer, Host, Offer, Plugin
from netstat_core.host.plugins import describe_error, guard_plugin_code
from netstat_core.plugin.readers import Explanation
from netstat_core.plugin.schema import published_schema
from netstat_core.plugin.sinks import Rendering
from netstat_core.query import Query

_MOST_EXPLANATIONS = 1000


def print_usage(out: BinaryIO, dialect: Dialect, host: Host) -> None:
    """The help text, made from the dialect's declared options and from what plugins of others add."""
    offers, sinks = host.offers(), host.formats()
    formats = ", ".join(sorted([TEXT, *(offer.sink.name for offer in sinks)]))
    lines = [dialect.usage]
    for group in dialect.groups:
        lines.append(f"\n{group}:\n")
        lines += [_line(option, formats) for option in dialect.options if option.group == group]
    added = [line for plugin in host.plugins if (line := _added_line(plugin, offers, sinks))]
    lines += ["\nAdded by plugins:\n", *added] if added else []
    out.write("".join(lines).encode("utf-8", "backslashreplace"))


def added_families(host: Host) -> Added:
    """The families that readers answer to, each with the tables in which plugins of others read it.

    Names that a broken plugin would have given are among them: a command that has one says what is wrong with it.
    """
    offers = host.offers()
    found: dict[str, set[str]] = {name: set() for broken in host.broken for name in broken.claims}
    for reader, plugin in offers:
        for family in reader.families:
            found.setdefault(family, set()).update([] if plugin.is_own else [reader.table])
    return found


def _added_line(plugin: Plugin, offers: Sequence[Offer], sinks: Sequence[FormatOffer]) -> str:
    """The families, options, tables and formats that a plugin of another distribution has; nothing for one of this."""
    if plugin.is_own:
        return ""
    readers = [offer.reader for offer in offers if offer.plugin == plugin]
    families = {family for reader in readers for family in reader.families}
    known = {family for offer in offers if offer.plugin.is_own for family in offer.reader.families}
    added = {
        "families": families,
        "options": {f"--{family}" for family in families - known},
        "tables": {reader.table for reader in readers},
        "formats": {offer.sink.name for offer in sinks if offer.plugin == plugin},
    }
    told = "; ".join(f"{what} {', '.join(sorted(names))}" for what, names in added.items() if names)
    return f"  {plugin.label}: {told}\n" if told else ""


def _line(option: Option, formats: str) -> str:
    names = [f"-{letter}" for letter in option.short] + [f"--{name}" for name in option.long]
    argument = option.argument or ""
    if argument:
        argument = f"[={argument}]" if option.optional else f" {argument}"
    return f"  {', '.join(names) + argument:<28} {option.help.format(formats=formats)}\n"


def rendering(offer: FormatOffer, out: BinaryIO, host: Host) -> Rendering:
    """What a report is written with in a format. Of one that others brought, every failure is a PluginError."""
    if offer.plugin.is_own:
        return offer.sink.make(out)
    from netstat_core.report.guarded_sink import GuardedRendering  # noqa: PLC0415 - for formats of others

    return GuardedRendering(offer, out, host.watch)


def default_query(offer: FormatOffer, query: Query, host: Host) -> Query:
    """The query of a command line that selects nothing to show, where a format says which."""
    readers = [one.reader for one in host.offers()]
    if offer.plugin.is_own:
        return offer.sink.asks(readers, query) if offer.sink.asks else query
    from netstat_core.report import guarded_sink  # noqa: PLC0415 - for formats of others

    return guarded_sink.default_query(offer, readers, query, host.watch)


def act(action: str, about: str, host: Host, out: BinaryIO) -> int:
    """What a command line asks for instead of a report; the exit status."""
    if action == "plugins":
        return print_plugins(host, out)
    return print_schemas(host, about, out) if action == "schema" else print_explanation(host, about, out)


def print_plugins(host: Host, out: BinaryIO) -> int:
    """The plugins with their distributions, readers and feeds, and what is broken and why; status 1 if any is."""
    offers = host.offers()
    formats = host.formats()
    schemas = {reader.name: reason for reader, reason in check_schemas([offer.reader for offer in offers])}
    lines: list[str] = []
    for plugin in host.plugins:
        lines.append(f"{plugin.label} ({plugin.origin})")
        lines += [_reader_line(offer, schemas) for offer in offers if offer.plugin == plugin]
        lines += [
            f"  format {one.sink.name}: {to_one_line(one.sink.meaning)}" for one in formats if one.plugin == plugin
        ]
    lines += [f"blocked: {name}" for name in sorted(host.blocked)]
    lines += [f"broken: {broken.plugin.label}: {broken.reason}" for broken in host.broken]
    out.write(escape_unprintable("".join(f"{line}\n" for line in lines)).encode("utf-8", "backslashreplace"))
    return 1 if host.broken or schemas else 0


def _reader_line(offer: Offer, schemas: dict[str, str]) -> str:
    reader = offer.reader
    feeds = ", ".join(to_one_line(feed.name) for feed in reader.feeds)
    of_families = f", families {', '.join(reader.families)}" if reader.families else ""
    line = f"  {reader.name}: table {reader.table}{of_families}, {reader.kind} {reader.version}, feeds {feeds}"
    return f"{line}, broken: {schemas[reader.name]}" if reader.name in schemas else line


def print_schemas(host: Host, kind: str, out: BinaryIO) -> int:
    """The published JSON Schema of one kind, or of all in an object by kind."""
    kinds = host.kinds()
    if kind and kind not in kinds:
        host.refuse_broken(kind)
        raise UsageError(f"unknown kind {kind!r}; known: {', '.join(sorted(kinds))}")
    broken = {reader.name for reader, _ in check_schemas(list(kinds.values()))}
    found = {name: published_schema(one) for name, one in kinds.items() if name == kind or one.name not in broken}
    out.write(json.dumps(found[kind] if kind else found, indent=2).encode() + b"\n")
    return 0


def print_explanation(host: Host, name: str, out: BinaryIO) -> int:
    """What counters of a name mean, their unit and where that is laid down; raises UsageError for an unknown one."""
    explainers = {offer.reader.explain: offer for offer in host.offers() if offer.reader.explain}
    found = [explanation for offer in explainers.values() for explanation in _explained(offer, name, host)]
    if not found:
        raise UsageError(f"no counter {name!r} is known")
    for one in found:
        kind = "gauge" if one.gauge else "counter"
        text = f"{one.section}.{one.name} ({kind}, unit: {one.unit})\n  {one.meaning}\n  Source: {one.source}\n"
        out.write(escape_unprintable(text).encode("utf-8", "backslashreplace"))
    return 0


def _explained(offer: Offer, name: str, host: Host) -> list[Explanation]:
    """What a reader knows of counters of a name; code of others that fails costs what it would have told."""
    explain = offer.reader.explain
    if explain is None:
        return []
    try:
        with guard_plugin_code(), host.watch.track(offer.plugin.label):
            return [_as_explanation(one) for one in islice(explain(name), _MOST_EXPLANATIONS)]
    except Exception as error:
        if offer.plugin.is_own:
            raise
        host.record_fault(offer.plugin, f"reader {offer.reader.name!r}: explain: {describe_error(error)}")
        return []


def _as_explanation(given: object) -> Explanation:
    if isinstance(given, Explanation):
        return given
    raise PluginError(f"gave {type(given).__name__}, and no Explanation")
