"""Generate the documentation that is made from declarations: schemas, fields, options and the list of modules."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

from netstat_core.cli.commands import list_known
from netstat_core.dialects.counterparts import COUNTERPARTS
from netstat_core.dialects.getopt import Option
from netstat_core.dialects.net_tools import options as net_tools
from netstat_core.dialects.solaris import options as solaris
from netstat_core.dialects.solaris.statistic_names import BLOCKS, Counter
from netstat_core.facts.query import preset_query
from netstat_core.facts.schema import FACTS_SCHEMA, FactsOfNamespaces
from netstat_core.facts.tables import LIFETIMES
from netstat_core.host.discovery import Host
from netstat_core.plugin.readers import Reader
from netstat_core.plugin.schema import allow_additional_fields, labelled_schema, named_schema
from netstat_core.query import DEFAULT_PRESET, PRESETS
from netstat_core.report.plan import plan

HERE = Path(__file__).parent
MODULE = "../ansible_collection/plugins/modules/netstat_facts.py"
SAMPLE = "facts-sample.json"
CAPTURE_MODULE = "../ansible_collection/plugins/modules/netstat_capture.py"
PLANS = "../ansible_collection/plugins/module_utils/plans.py"


def generated() -> dict[str, str]:
    """Return the text of each generated file by its path below ``docs/``."""
    host = Host()
    readers = Host({plugin.name for plugin in host.plugins if not _is_built_in(plugin.origin)}).kinds()
    schemas = {kind: labelled_schema(reader) for kind, reader in sorted(readers.items())}
    files = {f"schemas/{kind}.json": json.dumps(schema, indent=2) + "\n" for kind, schema in schemas.items()}
    facts = allow_additional_fields(named_schema(FACTS_SCHEMA, FactsOfNamespaces))
    files["schemas/facts.json"] = json.dumps(facts, indent=2) + "\n"
    files[MODULE] = _write_module((HERE / MODULE).read_text("utf-8"), schemas)
    files[CAPTURE_MODULE] = _write_capture_module((HERE / CAPTURE_MODULE).read_text("utf-8"))
    files[PLANS] = "".join(
        _write_plans(Host({plugin.name for plugin in host.plugins if not _is_built_in(plugin.origin)}))
    )
    files["fields.md"] = "".join(_write_fields_page(schemas, readers))
    files["architecture.md"] = _write_architecture((HERE / "architecture.md").read_text("utf-8"))
    files["options.md"] = "".join(_write_options_page(list_known(host)))
    files["solaris.md"] = _write_solaris((HERE / "solaris.md").read_text("utf-8"))
    files["security.md"] = _write_security((HERE / "security.md").read_text("utf-8"))
    return files


_ANSIBLE = {"object": "dict", "array": "list", "integer": "int", "number": "float", "boolean": "bool", "string": "str"}
_MOST_ITEMS = 2
"""Items of a list in a sample."""

_RECORDS = {"interfaces": "interface", "routes": "route", "neighbours": "neighbour", "masquerade": "masquerade"}
"""The kind of the records below a key of the facts."""

_FIELDS = {"owners": ("inet.socket", "processes"), "next_hops": ("route", "next_hops")}
"""The kind and the field of the records that have the items below a key of the facts."""

Schemas = dict[str, dict[str, Any]]


def _write_module(text: str, schemas: Schemas) -> str:
    """Return the source of the module with its RETURN block replaced."""
    before, _, rest = text.partition('RETURN = r"""\n')
    _, _, after = rest.partition('"""\n')
    sample = json.loads((HERE / SAMPLE).read_text("utf-8"))
    facts = allow_additional_fields(named_schema(FACTS_SCHEMA, FactsOfNamespaces))
    returned = {
        "ansible_facts": _describe(
            "The facts that are set.",
            "success",
            "dict",
            contains={
                "netstat": _describe(
                    "The network of the host.", "always", "dict", contains=_describe_contents(facts, sample, schemas)
                ),
                **{name: _describe_compat(name) for name in ("tcp_listen", "udp_listen")},
            },
        ),
        "netstat": _describe(
            "The network of the host, with the same keys as C(ansible_facts.netstat). With O(compat) its lists stand "
            "beside it.",
            "when O(set_fact=false)",
            "dict",
        ),
        "sockets": _describe(
            "Records of all sockets, with the fields of JSON output; here those of Internet sockets.",
            "when O(sockets=all)",
            "list",
            elements="dict",
            contains=_describe_contents(schemas["inet.socket"], None, schemas),
        ),
    }
    return f'{before}RETURN = r"""\n{"".join(_format_yaml(returned))}"""\n{after}'


def _describe_compat(name: str) -> dict[str, Any]:
    words = "Listening sockets, one row for each process, as C(listen_ports_facts) returns them."
    port, process = {"tcp_listen": (22, "sshd"), "udp_listen": (123, "chronyd")}[name]
    row = {"address": "192.0.2.10", "name": process, "pid": 812, "port": port, "protocol": name[:3], "user": "root"}
    row["stime"] = "Sat Nov 21 09:05:03 2026"
    return _describe(words, "when O(compat=listen_ports_facts)", "list", elements="dict", sample=[row])


def _describe(description: str, returned: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"description": description, "returned": returned, "type": kind, **more}


def _describe_contents(schema: dict[str, Any], sample: Any, schemas: Schemas) -> dict[str, Any]:
    """Return the documentation of the keys of an object in the facts, with short samples from real facts."""
    contents = {}
    for name, field in schema["properties"].items():
        if name in LIFETIMES:
            continue
        kind = _kind(field)
        returned = "always" if name in schema.get("required", ()) else "when requested"
        description = f"{field.get('description', name)}".rstrip(". ") + "."
        contents[name] = returned_value = _describe(description, returned, _ANSIBLE[kind])
        if kind == "array":
            returned_value["elements"] = _ANSIBLE[_kind(field["items"])]
        value = sample.get(name) if isinstance(sample, dict) else None
        if "properties" in field:
            returned_value["contains"] = _describe_contents(field, value, schemas)
            continue
        if value is not None:
            returned_value["sample"] = _shorten(value, is_table="additionalProperties" in field)
        if name == "namespaces" and kind == "object":
            returned_value["contains"] = _refer(field["additionalProperties"], schema)
        elif entry := _find_entry(name, field, schemas):
            returned_value["contains"] = _describe_contents(entry, None, schemas)
    return contents


def _find_entry(name: str, field: dict[str, Any], schemas: Schemas) -> dict[str, Any] | None:
    """Return the schema of the objects in a list or table of the facts; None if it has no objects with known keys."""
    if name in _RECORDS:
        return schemas[_RECORDS[name]]
    if name in _FIELDS:
        kind, of_record = _FIELDS[name]
        field = schemas[kind]["properties"][of_record]
    while isinstance(inner := field.get("items", field.get("additionalProperties")), dict):
        field = inner
    return field if "properties" in field else None


def _refer(namespace: dict[str, Any], machine: dict[str, Any]) -> dict[str, Any]:
    """Return the documentation of the keys of a namespace, which are those of the machine."""
    return {
        name: _describe(f"As RV(ansible_facts.netstat.{name}).", "when requested", _ANSIBLE[_kind(field)])
        | ({"elements": _ANSIBLE[_kind(field["items"])]} if _kind(field) == "array" else {})
        for name, field in namespace["properties"].items()
        if name in machine["properties"]
    }


def _shorten(value: Any, *, is_table: bool) -> Any:
    """Return the beginning of a value: of a table its first entry, of records some."""
    if is_table:
        return dict([*value.items()][:1])
    return value[:_MOST_ITEMS] if isinstance(value, list) and value and isinstance(value[0], dict) else value


def _kind(schema: dict[str, Any]) -> str:
    """Return the JSON type of a schema's values other than null."""
    kinds = schema.get("type") or [part.get("type", "string") for part in schema.get("anyOf", [])] or "string"
    return next(word for word in ([kinds] if isinstance(kinds, str) else kinds) if word != "null")


_LONGEST_LINE = 150
"""Characters of a line of the module; ansible-test allows 160."""


def _format_yaml(value: Any, indent: str = "") -> Iterator[str]:
    """Yield a mapping or list in YAML block style; scalars and empty values are JSON, which is YAML too."""
    if isinstance(value, list):
        for item in value:
            first, *rest = (
                _format_yaml(item, f"{indent}  ") if _is_block(item) else [f"{indent}  {_format_scalar(item)}\n"]
            )
            yield f"{indent}- {first[len(indent) + 2 :]}"
            yield from rest
        return
    for key, item in value.items():
        name = key if key.isidentifier() else json.dumps(key)
        if _is_block(item):
            yield f"{indent}{name}:\n"
            yield from _format_yaml(item, f"{indent}  ")
        elif isinstance(item, str) and len(f"{indent}{name}: {_format_scalar(item)}") > _LONGEST_LINE:
            yield f"{indent}{name}: >-\n"
            for part in wrap(item, _LONGEST_LINE - len(indent) - 2, break_long_words=False, break_on_hyphens=False):
                yield f"{indent}  {part}\n"
        else:
            yield f"{indent}{name}: {_format_scalar(item)}\n"


def _is_block(value: Any) -> bool:
    return isinstance(value, (dict, list)) and bool(value)


def _format_scalar(value: Any) -> str:
    is_plain = isinstance(value, str) and value.isascii() and not {*":#{}[]'\""} & {*value} and value[:1].isalpha()
    return value if is_plain else json.dumps(value)


def _write_plans(host: Host) -> Iterator[str]:
    """Yield the module with the default plans: the Ansible module that captures has no host to make them."""
    yield _PLANS_HEAD
    for name in PRESETS:
        text = json.dumps(plan(preset_query(host, name), host))
        yield f'    "{name}": (\n'
        for line in wrap(text, 130, break_on_hyphens=False, drop_whitespace=False):
            yield f"        '{line}'\n"
        yield "    ),\n"
    yield _PLANS_FOOT.format(DEFAULT_PRESET)


def _write_capture_module(text: str) -> str:
    """Return the source of the module that captures, with the documentation of its option ``preset`` replaced."""
    before, _, rest = text.partition(_PRESETS)
    _, _, after = rest.partition(_END_OF_PRESETS)
    sentences = [
        "What the snapshot holds, besides the other tables that M(netstat.core.netstat_facts) reads by default."
    ]
    sentences += [f"V({name}) stands for {preset.meaning}." for name, preset in PRESETS.items()]
    described = "".join(
        "".join(wrap(sentence, 112, initial_indent="      - >-\n        ", subsequent_indent="\n        ")) + "\n"
        for sentence in sentences
    )
    choices = f"    type: str\n    choices: [{', '.join(PRESETS)}]\n    default: {DEFAULT_PRESET}\n"
    return f"{before}{_PRESETS}  preset:\n    description:\n{described}{choices}{_END_OF_PRESETS}{after}"


_PRESETS, _END_OF_PRESETS = "  # the presets, by docs/update.py\n", "  # end of the presets\n"


_PLANS_HEAD = '''\
# -*- coding: utf-8 -*-
# Copyright (c) 2026 the netstat-core authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the presets of captures read, made by docs/update.py from what the built-in plugins declare."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json

PLANS = {
'''
_PLANS_FOOT = '''\
}}

DEFAULT_PRESET = "{}"


def preset_plan(name):
    """Return the plan of a preset."""
    return json.loads(PLANS[name])
'''


def _is_built_in(origin: str) -> bool:
    return origin.startswith("netstat-core ")


_MODULES, _END = "<!-- from the docstrings, by docs/update.py -->\n", "<!-- end -->"


def _write_architecture(text: str) -> str:
    """Return the page with a line for each module, which is the first line of its docstring."""
    before, _, rest = text.partition(_MODULES)
    _, _, after = rest.partition(_END)
    package = HERE.parent / "netstat_core"
    lines = [_module_line(package, path) for path in sorted(package.rglob("*.py"), key=_folder_first)]
    return f"{before}{_MODULES}\n| module | what it is |\n| --- | --- |\n{''.join(lines)}\n{_END}{after}"


def _folder_first(path: Path) -> tuple[Path, bool, str]:
    return path.parent, path.name != "__init__.py", path.name


def _module_line(package: Path, path: Path) -> str:
    meaning = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").partition("\n")[0]
    name = path.relative_to(package.parent).as_posix().removesuffix("__init__.py")
    return f"| `{name}` | {meaning} |\n"


_CONTROLLER = "ansible_collection/plugins/plugin_utils/controller.py"
_LIMITS, _BYTES = "<!-- from the constants, by docs/update.py -->\n", " bytes"
LIMITS = (
    ("netstat_core/system/unpacking.py", "MOST_BYTES", _BYTES, "contents of a snapshot, unpacked"),
    ("netstat_core/system/unpacking.py", "MOST_FILES", "", "files in a snapshot"),
    ("netstat_core/system/unpacking.py", "_LONGEST_PATH", "", "characters of a path in a snapshot"),
    ("netstat_core/system/stores.py", "LARGEST_FILE", _BYTES, "one file of a snapshot in a folder"),
    ("netstat_core/system/unpacking.py", "MOST_UNPACKED", _BYTES, "an archive, unpacked, with what is not read"),
    ("netstat_core/system/unpacking.py", "MOST_SMALL_FILES", "", "files in a snapshot if most are empty or short"),
    ("netstat_core/system/unpacking.py", "MOST_DICTIONARY", _BYTES, "the dictionary of an xz archive"),
    ("netstat_core/system/tar_reader.py", "LONGEST_EXTENSION", _BYTES, "an extended header in a tar archive"),
    ("netstat_core/system/description.py", "_MOST_MEMORY", _BYTES, "memory that the description of a snapshot takes"),
    ("netstat_core/system/snapshot.py", "_MOST_NAMESPACES", "", "network namespaces in a snapshot"),
    ("netstat_core/system/reading.py", "LONGEST_WORD", _BYTES, "a word in a file of a snapshot"),
    ("netstat_core/system/reading.py", "LONGEST_LINE", _BYTES, "a line in a file of a snapshot"),
    (
        "netstat_core/owners/processes.py",
        "_MOST_HELD",
        "",
        "processes of a snapshot, counted for each socket they hold",
    ),
    ("netstat_core/system/capture.py", "MOST_BYTES", _BYTES, "contents of a capture"),
    ("netstat_core/system/capture.py", "LARGEST_FILE", _BYTES, "one file of a live machine"),
    ("netstat_core/system/capture.py", "_LARGEST_OF_PROCESS", _BYTES, "read of one file of a process"),
    ("netstat_core/system/capture.py", "LONGEST_FIRST_ARGUMENT", _BYTES, "the first argument of a process"),
    ("netstat_core/system/capture.py", "_RECEIVE_SECONDS", " seconds", "wait for a reply of the kernel"),
    ("netstat_core/system/capture.py", "_LARGEST_PLAN", _BYTES, "a plan"),
    ("netstat_core/system/capture.py", "_MOST_SOURCES", "", "sources in a plan"),
    ("netstat_core/query.py", "NAMESPACE_LIMIT", "", "network namespaces entered by default"),
    ("netstat_core/report/ledger.py", "MOST_PROBLEMS", "", "damaged rows of a source that are listed"),
    ("netstat_core/report/stages.py", "_MOST_DAMAGED_ROWS", "", "damaged rows, then a source is left"),
    ("netstat_core/host/checker.py", "LONGEST_SHOWN", _BYTES, "a rejected value that a message quotes"),
    ("netstat_core/where/tokens.py", "LONGEST", "", "characters of a filter"),
    ("netstat_core/where/parser.py", "DEEPEST", "", "levels of nesting in a filter"),
    ("netstat_core/facts/sanitise.py", "LONGEST_TEXT", "", "characters of a text in facts"),
    ("netstat_core/facts/sanitise.py", "MOST_KEYS", "", "keys of a table in facts"),
    ("netstat_core/facts/sanitise.py", "MOST_SOCKETS", "", "listening sockets in facts"),
    ("netstat_core/facts/sanitise.py", "MOST_RECORDS", "", "records of a list in facts"),
    ("netstat_core/facts/gather.py", "MOST_KEPT", "", "sockets that `sockets=all` returns"),
    (_CONTROLLER, "MOST_BYTES", _BYTES, "contents that a target of Ansible sends, unpacked"),
    (_CONTROLLER, "LONGEST_SNAPSHOT", "", "characters that a target of Ansible sends, packed"),
)
"""Limits by the module and the constant that sets them, with unit and meaning."""


def _write_security(text: str) -> str:
    """Return the page with a table of the limits."""
    before, _, rest = text.partition(_LIMITS)
    _, _, after = rest.partition(_END)
    rows = [f"| {meaning} | {_format_limit(path, name, unit)} |\n" for path, name, unit, meaning in LIMITS]
    return f"{before}{_LIMITS}\n| what | at most |\n| --- | ---: |\n{''.join(rows)}\n{_END}{after}"


def _format_limit(path: str, name: str, unit: str) -> str:
    number = _find_constant(path, name)
    if unit == _BYTES:
        bits, word = next(each for each in _UNITS if number % (1 << each[0]) == 0)
        return f"{number >> bits:,} {word}"
    return f"{number:,g}{unit}" if number % 1 else f"{int(number):,}{unit}"


_UNITS = ((30, "GiB"), (20, "MiB"), (10, "KiB"), (0, "bytes"))


def _find_constant(path: str, name: str) -> Any:
    """Return a number that a module sets; the modules are not imported, since one needs Ansible."""
    for node in ast.parse((HERE.parent / path).read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and any(getattr(target, "id", None) == name for target in node.targets):
            return _evaluate(node.value)
    raise LookupError(f"{path} sets no {name}")


def _evaluate(node: ast.expr) -> Any:
    """Return the value of a number, or of ``1 << N``."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.LShift):
        return _evaluate(node.left) << _evaluate(node.right)
    return ast.literal_eval(node)


def _write_fields_page(schemas: dict[str, Any], readers: dict[str, Reader]) -> Iterator[str]:
    yield "# Fields of all kinds\n\n"
    yield "Made by `docs/update.py` from the record types; see [records.md](records.md) for the rules.\n"
    for kind, schema in schemas.items():
        yield f"\n## {kind}\n\nTable `{readers[kind].table}`. [Schema](schemas/{kind}.json)."
        yield f" {schema.get('description', '')}\n\n| field | type | meaning |\n| --- | --- | --- |\n"
        yield from _rows(schema)


def _rows(schema: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, field in schema.get("properties", {}).items():
        yield f"| `{prefix}{name}` | {_format_type(field)} | {field.get('description', '')} |\n"
        for part in (field, *field.get("anyOf", ()), field.get("items", {})):
            yield from _rows(part, f"{prefix}{name}.")


def _format_type(field: dict[str, Any]) -> str:
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join("null" if word is None else f"`{word}`" for word in field["enum"])
    if "anyOf" in field:
        return ", ".join(_format_type(part) for part in field["anyOf"])
    if "pattern" in field:
        return f"`{field['pattern']}`".replace("|", "\\|")
    kind = field.get("type", "any")
    names = kind if isinstance(kind, list) else [kind]
    items = field.get("items")
    return ", ".join(f"array of {_format_type(items)}" if name == "array" and items else name for name in names)


def _write_options_page(known: dict[str, str]) -> Iterator[str]:
    yield "# Options\n\nMade by `docs/update.py` from the declared options; see [command-line.md](command-line.md).\n"
    yield "[solaris.md](solaris.md#from-linux-to-sunos-and-back) says what an option is called in another dialect.\n"
    yield "\n## The dialect net-tools\n"
    yield from _write_options(net_tools.GROUPS, net_tools.OPTIONS, known)
    yield "\n## The dialects solaris and solaris-illumos\n"
    yield from _write_options(solaris.GROUPS, solaris.OPTIONS, known)


def _write_options(groups: Sequence[str], options: Sequence[Option], known: dict[str, str]) -> Iterator[str]:
    for group in groups:
        yield f"\n### {group}\n\n| option | effect |\n| --- | --- |\n"
        for option in options:
            if option.group == group:
                names = [f"-{letter}" for letter in option.short] + [f"--{name}" for name in option.long]
                argument = f"[={option.argument}]" if option.optional else f" {option.argument}"
                spelled = ", ".join(f"`{name}`" for name in names) + (
                    f" `{argument.strip()}`" if option.argument else ""
                )
                yield f"| {_escape_cell(spelled)} | {_escape_cell(option.help.format_map(known))} |\n"


def _escape_cell(text: str) -> str:
    return text.replace("|", "\\|")


_COUNTERPARTS = "<!-- from the declared counterparts, by docs/update.py -->\n"
_COUNTERS = "<!-- from the declared counters, by docs/update.py -->\n"


def _write_solaris(text: str) -> str:
    """Return the page with the table of options in both dialects, and those of the counters."""
    for start, lines in ((_COUNTERPARTS, _list_counterparts()), (_COUNTERS, _list_counters())):
        before, _, rest = text.partition(start)
        _, _, after = rest.partition(_END)
        text = f"{before}{start}\n{''.join(lines)}\n{_END}{after}"
    return text


def _list_counterparts() -> Iterator[str]:
    yield "| shows | Linux (`pynetstat`) | SunOS (`netstat-sunos`) |\n| --- | --- | --- |\n"
    for row in COUNTERPARTS:
        net_tools_words, solaris_words = (f"`{each}`" if each else "none" for each in (row.net_tools, row.solaris))
        yield f"| {row.meaning} | {net_tools_words} | {solaris_words} |\n"


def _list_counters() -> Iterator[str]:
    """Yield a table for each block: where each counter comes from, and those of which Linux knows nothing."""
    is_first = True
    for block in BLOCKS:
        if block.counters:
            yield f"{'' if is_first else chr(10)}| {block.title} | on Linux |\n| --- | --- |\n"
            is_first = False
            yield from (f"| `{each.name}` | {_describe_source(each)} |\n" for each in block.counters if each.source)
            missing = ", ".join(f"`{each.name}`" for each in block.counters if not each.source)
            yield f"| {missing} | `--` |\n" if missing else ""


def _describe_source(counter: Counter) -> str:
    source = counter.source or ""
    near = " (near)" if counter.is_near else ""
    if source.startswith("="):
        name = source[1:]
        return f"always {name}" if name.lstrip("-").isdigit() else f"`{name.replace('*', 'all')}`"
    if source.endswith("*"):
        return f"sum of `{source}`{near}"
    return " + ".join(f"`{part}`" for part in source.split("+")) + near


def main() -> None:
    """Write every generated file."""
    for path, text in generated().items():
        target = HERE / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
