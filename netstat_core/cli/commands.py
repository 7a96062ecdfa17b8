"""What the command line can tell about itself: usage, plugins and schemas."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import BinaryIO

from netstat_core.dialects import Dialect
from netstat_core.dialects.getopt import Option
from netstat_core.errors import UsageError
from netstat_core.host.checker import check_schemas
from netstat_core.host.discovery import TEXT, FormatOffer, Host, Offer, Plugin
from netstat_core.plugin.schema import published_schema


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


def _added_line(plugin: Plugin, offers: Sequence[Offer], sinks: Sequence[FormatOffer]) -> str:
    """The families, tables and formats that a plugin of another distribution has; nothing for one of this."""
    if plugin.origin.startswith("netstat-core "):
        return ""
    readers = [offer.reader for offer in offers if offer.plugin == plugin]
    added = {
        "families": {family for reader in readers for family in reader.families},
        "tables": {reader.table for reader in readers},
        "formats": {offer.sink.name for offer in sinks if offer.plugin == plugin},
    }
    told = "; ".join(f"{what} {', '.join(sorted(names))}" for what, names in added.items() if names)
    return f"  {plugin.name}: {told}\n" if told else ""


def _line(option: Option, formats: str) -> str:
    names = [f"-{letter}" for letter in option.short] + [f"--{name}" for name in option.long]
    argument = option.argument or ""
    if argument:
        argument = f"[={argument}]" if option.optional else f" {argument}"
    return f"  {', '.join(names) + argument:<28} {option.help.format(formats=formats)}\n"


def act(action: str, about: str, host: Host, out: BinaryIO) -> int:
    """What a command line asks for instead of a report; the exit status."""
    if action == "plugins":
        return print_plugins(host, out)
    return print_schemas(host, about, out) if action == "schema" else print_explanation(host, about, out)


def print_plugins(host: Host, out: BinaryIO) -> int:
    """The plugins with their distributions, readers and feeds, and what is broken and why; status 1 if any is."""
    offers = host.offers()
    schemas = {reader.name: reason for reader, reason in check_schemas([offer.reader for offer in offers])}
    formats = host.formats()
    lines: list[str] = []
    for plugin in host.plugins:
        lines.append(f"{plugin.name} ({plugin.origin})")
        lines += [_reader_line(offer, schemas) for offer in offers if offer.plugin == plugin]
        lines += [f"  format {one.sink.name}: {one.sink.meaning}" for one in formats if one.plugin == plugin]
    lines += [f"blocked: {name}" for name in sorted(host.blocked)]
    lines += [f"broken: {broken.plugin.name}: {broken.reason}" for broken in host.broken]
    out.write("".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace"))
    return 1 if host.broken or schemas else 0


def _reader_line(offer: Offer, schemas: dict[str, str]) -> str:
    reader = offer.reader
    feeds = ", ".join(feed.name for feed in reader.feeds)
    line = f"  {reader.name}: table {reader.table}, {reader.kind} {reader.version}, feeds {feeds}"
    return f"{line}, broken: {schemas[reader.name]}" if reader.name in schemas else line


def print_schemas(host: Host, kind: str, out: BinaryIO) -> int:
    """The published JSON Schema of one kind, or of all in an object by kind."""
    kinds = host.kinds()
    if kind and kind not in kinds:
        raise UsageError(f"unknown kind {kind!r}; known: {', '.join(sorted(kinds))}")
    broken = {reader.name for reader, _ in check_schemas(list(kinds.values()))}
    found = {name: published_schema(one) for name, one in kinds.items() if name == kind or one.name not in broken}
    out.write(json.dumps(found[kind] if kind else found, indent=2).encode() + b"\n")
    return 0


def print_explanation(host: Host, name: str, out: BinaryIO) -> int:
    """What counters of a name mean, their unit and where that is laid down; raises UsageError for an unknown one."""
    explainers = dict.fromkeys(offer.reader.explain for offer in host.offers() if offer.reader.explain)
    found = [explanation for explain in explainers for explanation in explain(name)]
    if not found:
        raise UsageError(f"no counter {name!r} is known")
    for one in found:
        kind = "gauge" if one.gauge else "counter"
        text = f"{one.section}.{one.name} ({kind}, unit: {one.unit})\n  {one.meaning}\n  Source: {one.source}\n"
        out.write(text.encode())
    return 0
