"""Commands about the program itself: usage, plugins, schemas and explanations of counters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import BinaryIO

from netstat_core.cli.streams import for_binary, write_text
from netstat_core.dialects import Added, Dialect, list_names
from netstat_core.dialects.getopt import Option
from netstat_core.errors import PluginError, UsageError
from netstat_core.escape import escape_line, to_one_line
from netstat_core.host.checker import check_schemas
from netstat_core.host.discovery import TEXT, FormatOffer, Host, Offer, Plugin
from netstat_core.host.plugins import describe_error, guard_plugin_code
from netstat_core.plugin.readers import Explanation
from netstat_core.plugin.schema import labelled_schema
from netstat_core.plugin.sinks import Rendering
from netstat_core.query import Query

_MOST_EXPLANATIONS = 1000


def print_usage(out: BinaryIO, dialect: Dialect, host: Host) -> None:
    """Write the help text: the dialect's options, and what third-party plugins add."""
    offers, sinks = host.offers(), host.formats()
    known = list_known(host)
    lines = [dialect.usage]
    for group in dialect.groups:
        lines.append(f"\n{group}:\n")
        lines += [_format_option(option, known) for option in dialect.options if option.group == group]
    added = [line for plugin in host.plugins if (line := _format_added(plugin, offers, sinks))]
    lines += ["\nAdded by plugins:\n", *added] if added else []
    lines += [dialect.further_help()] if dialect.further_help else []
    write_text(out, "".join(lines))


def list_known(host: Host) -> dict[str, str]:
    """Return what the texts of options leave open: the names of the formats and of the dialects."""
    formats = sorted([TEXT, *(offer.sink.name for offer in host.formats())])
    return {"formats": ", ".join(formats), "dialects": ", ".join(list_names())}


def find_families(host: Host) -> Added:
    """Return the families of all readers, with the tables that third-party plugins read for them.

    The names that a broken plugin claims are included, so that a command with such a name reports the plugin's error.
    """
    offers = host.offers()
    families: dict[str, set[str]] = {name: set() for broken in host.broken for name in broken.claims}
    for reader, plugin in offers:
        for family in reader.families:
            families.setdefault(family, set()).update([] if plugin.is_own else [reader.table])
    return families


def _format_added(plugin: Plugin, offers: Sequence[Offer], sinks: Sequence[FormatOffer]) -> str:
    """Return the line with what a third-party plugin adds; empty if it adds nothing or belongs to this distribution."""
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
    parts = "; ".join(f"{what} {', '.join(sorted(names))}" for what, names in added.items() if names)
    return f"  {plugin.label}: {parts}\n" if parts else ""


def _format_option(option: Option, known: Mapping[str, str]) -> str:
    names = [f"-{letter}" for letter in option.short] + [f"--{name}" for name in option.long]
    argument = option.argument or ""
    if argument:
        argument = f"[={argument}]" if option.optional else f" {argument}"
    return f"  {', '.join(names) + argument:<28} {option.help.format_map(known)}\n"


def make_rendering(offer: FormatOffer, out: BinaryIO, host: Host) -> Rendering:
    """Return a rendering that writes a format; that of a third-party plugin turns every failure into a PluginError.

    Raises UsageError for a binary format if ``out`` is a terminal.
    """
    if offer.plugin.is_own:
        return offer.sink.make(out)
    if offer.sink.binary:
        out = for_binary(out, f"format {offer.sink.name!r}")
    from netstat_core.report.guarded_sink import GuardedRendering  # noqa: PLC0415 - only for third-party formats

    return GuardedRendering(offer, out, host.watch)


def default_query(offer: FormatOffer, query: Query, host: Host) -> Query:
    """Return the query of a format for a command line that selects no display; ``query`` if the format has none."""
    readers = [reader_offer.reader for reader_offer in (*host.offers(), *host.left_out_offers())]
    if offer.plugin.is_own:
        return offer.sink.asks(readers, query) if offer.sink.asks else query
    from netstat_core.report import guarded_sink  # noqa: PLC0415 - only for third-party formats

    return guarded_sink.default_query(offer, readers, query, host.watch)


def act(action: str, about: str, host: Host, out: BinaryIO) -> int:
    """Run ``plugins``, ``schema`` or ``explain`` with its argument in place of a report; return the exit status."""
    if action == "plugins":
        return print_plugins(host, out)
    return print_schemas(host, about, out) if action == "schema" else print_explanation(host, about, out)


def print_plugins(host: Host, out: BinaryIO) -> int:
    """List plugins with their distributions, readers, feeds and errors; return status 1 if any is broken."""
    offers = host.offers()
    formats = host.formats()
    schemas = {reader.name: reason for reader, reason in check_schemas([offer.reader for offer in offers])}
    lines: list[str] = []
    for plugin in host.plugins:
        lines.append(f"{plugin.label} ({plugin.origin})")
        lines += [_format_reader(offer, schemas) for offer in offers if offer.plugin == plugin]
        sinks = [offer.sink for offer in formats if offer.plugin == plugin]
        lines += [f"  format {sink.name}: {to_one_line(sink.meaning)}" for sink in sinks]
    lines += [f"blocked: {name}" for name in sorted(host.blocked)]
    lines += [f"broken: {broken.plugin.label}: {broken.reason}" for broken in host.broken]
    write_text(out, "".join(f"{escape_line(line)}\n" for line in lines))
    return 1 if host.broken or schemas else 0


def _format_reader(offer: Offer, schemas: dict[str, str]) -> str:
    reader = offer.reader
    feeds = ", ".join(dict.fromkeys(to_one_line(feed.name) for feed in reader.feeds))
    of_families = f", families {', '.join(reader.families)}" if reader.families else ""
    line = f"  {reader.name}: table {reader.table}{of_families}, {reader.kind} {reader.version}, feeds {feeds}"
    return f"{line}, broken: {schemas[reader.name]}" if reader.name in schemas else line


def print_schemas(host: Host, kind: str, out: BinaryIO) -> int:
    """Write the published JSON Schema of one kind, or of all kinds in an object by kind; return status 0.

    Raises UsageError for an unknown kind, PluginError for one that only a broken plugin has.
    """
    kinds = host.kinds()
    if kind and kind not in kinds:
        host.refuse_broken(kind)
        raise UsageError(f"unknown kind {kind!r}; known: {', '.join(sorted(kinds))}")
    broken = {reader.name for reader, _ in check_schemas(list(kinds.values()))}
    schemas = {
        name: labelled_schema(reader) for name, reader in kinds.items() if name == kind or reader.name not in broken
    }
    import json  # noqa: PLC0415 - reports do not need it

    out.write(json.dumps(schemas[kind] if kind else schemas, indent=2).encode() + b"\n")
    return 0


def print_explanation(host: Host, name: str, out: BinaryIO) -> int:
    """Write the meaning, unit and source of each counter of a name; return status 0.

    Raises UsageError for an unknown name.
    """
    explainers = {offer.reader.explain: offer for offer in host.offers() if offer.reader.explain}
    explanations = [explanation for offer in explainers.values() for explanation in _explain(offer, name, host)]
    if not explanations:
        raise UsageError(f"unknown counter {name!r}")
    for counter in explanations:
        kind = "gauge" if counter.gauge else "counter"
        title = f"{counter.section}.{counter.name} ({kind}, unit: {counter.unit})"
        lines = (title, f"  {counter.meaning}", f"  Source: {counter.source}")
        text = "".join(f"{escape_line(line)}\n" for line in lines)
        write_text(out, text)
    return 0


def _explain(offer: Offer, name: str, host: Host) -> list[Explanation]:
    """Return a reader's explanations of a name; if a third-party plugin fails, note the fault and return none."""
    explain = offer.reader.explain
    if explain is None:
        return []
    try:
        with guard_plugin_code(), host.watch.track(offer.plugin.label):
            return [_check_explanation(given) for given in islice(explain(name), _MOST_EXPLANATIONS)]
    except Exception as error:
        if offer.plugin.is_own:
            raise
        host.record_fault(offer.plugin, f"reader {offer.reader.name!r}: explain: {describe_error(error)}")
        return []


def _check_explanation(given: object) -> Explanation:
    if isinstance(given, Explanation):
        return given
    raise PluginError(f"gave {type(given).__name__}, and no Explanation")
