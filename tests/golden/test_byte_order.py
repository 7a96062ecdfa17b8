"""A capture from a big-endian machine reads like one from a little-endian machine."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from differences import diff, require_same
from pynetstat import show
from trees import HOST_ORDER_FILES, rewrite_as_big_endian

if TYPE_CHECKING:
    from pathlib import Path

    from trees import Trees

CAPTURES = ("captures/tcp-a-6.18", "captures/udp-a-6.18", "examples/sock")


def tables(tree: Path, *arguments: str) -> object:
    """Return the tables of the JSON report."""
    return json.loads(show(tree, "--format", "json", *arguments).stdout)["tables"]


@pytest.mark.parametrize("name", CAPTURES)
@pytest.mark.parametrize("arguments", [("-anopeW",), ("-ln",), ("-n",)], ids=" ".join)
def test_text_is_the_same(name: str, arguments: tuple[str, ...], trees: Trees, tmp_path: Path) -> None:
    """The same sockets as a big-endian kernel writes them give the same text."""
    big = rewrite_as_big_endian(trees[name], tmp_path / "big")
    rewritten = [file for file in HOST_ORDER_FILES if (big / "proc/net" / file).is_file()]
    assert any((big / "proc/net" / f).read_bytes() != (trees[name] / "proc/net" / f).read_bytes() for f in rewritten)
    require_same(diff(show(trees[name], *arguments), show(big, *arguments)))


@pytest.mark.parametrize("name", CAPTURES)
def test_records_are_the_same(name: str, trees: Trees, tmp_path: Path) -> None:
    """The same sockets as a big-endian kernel writes them give the same records."""
    big = rewrite_as_big_endian(trees[name], tmp_path / "big")
    records = tables(big, "-an")
    assert records == tables(trees[name], "-an")
    assert records


def test_byte_order_is_told_not_guessed(trees: Trees, tmp_path: Path) -> None:
    """The capture says its byte order: the same files with another one are read as other addresses."""
    tree = shutil.copytree(trees["examples/sock"], tmp_path / "tree", symlinks=True)
    (tree / "capture.json").write_text(json.dumps({"byte_order": "big"}))
    assert b" 1.0.0.127:631 " in show(tree, "-tln").stdout
    (tree / "capture.json").write_text(json.dumps({"byte_order": "little"}))
    assert b" 127.0.0.1:631 " in show(tree, "-tln").stdout
