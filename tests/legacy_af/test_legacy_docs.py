"""The page on legacy families shows what the program prints, and leaves nothing out."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from legacy_trees import BUILT, CAPTURES, FAMILIES, TABLES, golden
from pynetstat import show

from netstat_core.host.discovery import Host

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/legacy.md").read_text()
EXAMPLES = re.findall(r"```console\n\$ pynetstat (.*)\n((?:.*\n)*?)```", PAGE)
RECORDS = [json.loads(block) for block in re.findall(r"```json\n((?:.*\n)*?)```", PAGE)]
READERS = [offer.reader for offer in Host().offers(TABLES, FAMILIES) if offer.plugin.name == "legacy_af"]


@pytest.mark.parametrize(("arguments", "shown"), EXAMPLES, ids=[arguments for arguments, _ in EXAMPLES])
def test_examples_are_real(arguments: str, shown: str) -> None:
    """Each command on the page prints what stands below it."""
    option, tree, *rest = shlex.split(arguments)
    assert option == "--from"
    outcome = show(ROOT / tree, *rest)
    assert (outcome.stdout + outcome.stderr).decode() == shown


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record["kind"])
def test_records_are_real(record: dict[str, object]) -> None:
    """Each record on the page is one of a capture, with its fields in their order."""
    kept = [one for name in CAPTURES for one in golden(name)]
    assert json.dumps(record) in {json.dumps(one) for one in kept}


def test_the_page_is_whole() -> None:
    """Every family, kind, table and file, old and new, is named on the page; there are examples of each family."""
    paths = {source.path for reader in READERS for feed in reader.feeds for source in _sources(feed)}
    assert len(paths) >= 31
    for path in paths:
        assert f"`{path.removeprefix('/proc/net/')}`" in PAGE, path
        assert re.search(rf"(?<=[ ]){path.removeprefix('/proc/net/')}(?=[ \n])", PAGE), path
    for reader in READERS:
        if reader.table not in ("sockets", "routes"):
            assert f"`{reader.kind}`" in PAGE
    shown = " ".join(arguments for arguments, _ in EXAMPLES)
    assert all(f"--{family}" in shown or f"-A {family}" in shown for family in FAMILIES)
    assert BUILT


def _sources(feed: object) -> list[object]:
    from netstat_core.plugin import Asked

    return [need.source for need in feed.needs(Asked())]


@pytest.mark.parametrize("kind", ["ax25.socket", "netrom.socket", "rose.socket"])
def test_fields_of_the_amateurs_are_explained(kind: str) -> None:
    """Each field of a socket whose meaning no manual has is on the page, or is told by the schema it points to."""
    (reader,) = [reader for reader in READERS if reader.kind == kind]
    assert "pynetstat --schema ax25.socket" in PAGE
    unexplained = [
        name for name in reader.record.__annotations__ if f"`{name}`" not in PAGE and f'"{name}"' not in PAGE
    ]
    assert unexplained == []
