"""Write the generated part of the documentation: schemas, fields and options, all from their declarations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from pprint import pformat
from typing import Any

from netstat_core.cli.options import GROUPS, OPTIONS
from netstat_core.discovery import Host
from netstat_core.facts import FACTS_SCHEMA, facts_query
from netstat_core.facts.shape import FactsOfNamespaces
from netstat_core.plan import plan
from netstat_core.readers import Reader
from netstat_core.schema import named_schema, opened, published_schema

HERE = Path(__file__).parent
PLANS = "../ansible_collection/plugins/module_utils/plans.py"


def generated() -> dict[str, str]:
    """The text of each generated file by its path below ``docs/``."""
    host = Host()
    readers = Host({plugin.name for plugin in host.plugins if not _is_built_in(plugin.origin)}).kinds()
    schemas = {kind: published_schema(reader) for kind, reader in sorted(readers.items())}
    files = {f"schemas/{kind}.json": json.dumps(schema, indent=2) + "\n" for kind, schema in schemas.items()}
    files["schemas/facts.json"] = json.dumps(opened(named_schema(FACTS_SCHEMA, FactsOfNamespaces)), indent=2) + "\n"
    files[PLANS] = "".join(_plans(Host({plugin.name for plugin in host.plugins if not _is_built_in(plugin.origin)})))
    files["fields.md"] = "".join(_fields_page(schemas, readers))
    files["options.md"] = "".join(_options_page())
    return files


def _plans(host: Host) -> Iterator[str]:
    """What a capture reads where nobody says: the module that does it has no host to ask."""
    yield _PLANS_HEAD
    listening, every = (plan(facts_query(host, sockets=sockets), host) for sockets in ("listening", "all"))
    yield f"LISTENING = {pformat(listening, 1, 118, sort_dicts=False)}\n\n"
    yield f"ALL = {pformat(every, 1, 118, sort_dicts=False)}\n\n\n"
    yield _PLANS_FOOT


_PLANS_HEAD = '''\
# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a capture reads where nobody says, made by docs/update.py from what the built-in plugins declare."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

'''
_PLANS_FOOT = '''\
def default_plan(sockets):
    """The plan of the facts that netstat_facts gathers when it is given no options, or with all sockets."""
    return dict(LISTENING if sockets == "listening" else ALL)
'''


def _is_built_in(origin: str) -> bool:
    return origin.startswith("netstat-core ")


def _fields_page(schemas: dict[str, Any], readers: dict[str, Reader]) -> Iterator[str]:
    yield "# Fields of all kinds\n\n"
    yield "Made by `docs/update.py` from the record types; see [records.md](records.md) for the rules.\n"
    for kind, schema in schemas.items():
        yield f"\n## {kind}\n\nTable `{readers[kind].table}`. [Schema](schemas/{kind}.json)."
        yield f" {schema.get('description', '')}\n\n| field | type | meaning |\n| --- | --- | --- |\n"
        yield from _rows(schema)


def _rows(schema: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, field in schema.get("properties", {}).items():
        yield f"| `{prefix}{name}` | {_type(field)} | {field.get('description', '')} |\n"
        for part in (field, *field.get("anyOf", ()), field.get("items", {})):
            yield from _rows(part, f"{prefix}{name}.")


def _type(field: dict[str, Any]) -> str:
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join("null" if word is None else f"`{word}`" for word in field["enum"])
    if "anyOf" in field:
        return ", ".join(_type(part) for part in field["anyOf"])
    if "pattern" in field:
        return f"`{field['pattern']}`".replace("|", "\\|")
    kind = field.get("type", "any")
    names = kind if isinstance(kind, list) else [kind]
    items = field.get("items")
    return ", ".join(f"array of {_type(items)}" if name == "array" and items else name for name in names)


def _options_page() -> Iterator[str]:
    yield "# Options\n\nMade by `docs/update.py` from the declared options; see [command-line.md](command-line.md).\n"
    for group in GROUPS:
        yield f"\n## {group}\n\n| option | effect |\n| --- | --- |\n"
        for option in OPTIONS:
            if option.group == group:
                names = [f"-{letter}" for letter in option.short] + [f"--{name}" for name in option.long]
                argument = f"[={option.argument}]" if option.optional else f" {option.argument}"
                spelled = ", ".join(f"`{name}`" for name in names) + (
                    f" `{argument.strip()}`" if option.argument else ""
                )
                yield f"| {spelled} | {option.help} |\n"


def main() -> None:
    """Write every generated file."""
    for path, text in generated().items():
        target = HERE / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
