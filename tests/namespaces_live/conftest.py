"""The namespaces that the tests of this folder look into."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import namespaces
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ZOO = Path(__file__).resolve().parent / "namespace_zoo.py"


class Zoo:
    """A machine within the machine: its own processes and mounts, and namespaces of every kind by name."""

    def __init__(self, outer: namespaces.NetworkNamespace) -> None:
        self.outer = outer
        self.inodes: dict[str, int] = json.loads(outer.run(["cat", "/run/zoo.json"]).stdout)

    def show(self, *arguments: str) -> tuple[str, str, int]:
        """Return what pynetstat prints inside on both streams, and its exit status."""
        ran = self.outer.run([sys.executable, "-m", "netstat_core", *arguments])
        return ran.stdout.decode(), ran.stderr.decode(), ran.returncode

    def real(self, name: str, *arguments: str) -> tuple[str, str, int]:
        """Return what the real netstat prints on both streams in a named namespace, and its exit status."""
        ran = self.outer.run(["nsenter", f"--net=/run/netns/{name}", "netstat", *arguments])
        return ran.stdout.decode(), ran.stderr.decode(), ran.returncode


@contextmanager
def zoo_of(number: int) -> Iterator[Zoo]:
    """Make the zoo, with so many named namespaces besides."""
    if why := namespaces.reason():
        pytest.skip(why)
    with namespaces.network_namespace() as outer, outer.running([sys.executable, str(ZOO), str(number)]):
        yield Zoo(outer)


@pytest.fixture(scope="module")
def zoo() -> Iterator[Zoo]:
    """Give a namespace of every kind."""
    with zoo_of(0) as made:
        yield made


@pytest.fixture(scope="module")
def crowd() -> Iterator[Zoo]:
    """Give two hundred namespaces."""
    with zoo_of(195) as made:
        yield made
