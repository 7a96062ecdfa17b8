"""The fixtures and crafted trees that hold statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trees import FIXTURES, fixture_names

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NEWEST = "captures/nat-a-6.18"
"""The capture of the newest kernel that has most of the files."""


def statistics_trees() -> list[str]:
    """Names of all fixtures with a /proc/net/snmp."""
    names = [*fixture_names("examples"), *fixture_names("captures")]
    return [name for name in names if (FIXTURES / name / "proc/net/snmp").is_file()]


def write_tree(tree: Path, files: Mapping[str, str]) -> Path:
    """Write files below proc/net and return the tree."""
    for name, text in files.items():
        path = tree / "proc/net" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tree
