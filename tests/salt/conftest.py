"""A Salt for the tests of this folder, and a minion with sockets on it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import namespaces
import pytest
import salt_environment
from salt_environment import Minion, Missing, Salt

if TYPE_CHECKING:
    from collections.abc import Iterator

ZOO = Path(__file__).resolve().parent / "salt_zoo.py"


@pytest.fixture(scope="session")
def salt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Salt]:
    """Give a Salt that has this project, or skip where there is no place for a minion or pip cannot install it."""
    if why := namespaces.reason():
        pytest.skip(why)
    if shutil.which("ip") is None:
        pytest.skip("ip is not installed")
    pytest.importorskip("hatchling")
    pytest.importorskip("pip")
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    try:
        with salt_environment.prepared(shared, tmp_path_factory.mktemp("minion")) as made:
            yield made
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def minion(salt: Salt, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Minion]:
    """Give a minion in a network namespace of its own with known sockets in it."""
    folder = tmp_path_factory.mktemp("zoo")
    with namespaces.network_namespace() as place, place.running([sys.executable, str(ZOO), str(folder)]):
        yield Minion(salt, place, folder)
