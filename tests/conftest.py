"""What several test modules need: materialised trees, and the reasons to skip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import namespaces
import pytest
import realnetstat
from trees import Trees

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Trees:
    """Give the fixtures as trees shaped like `/`, each made once in a worker process."""
    return Trees(tmp_path_factory.mktemp("trees"))


@pytest.fixture(scope="session")
def real_netstat() -> Path:
    """Give the path of the real netstat, or skip where it cannot meet a crafted /proc."""
    if why := realnetstat.reason():
        pytest.skip(why)
    return realnetstat.installed_netstat()


@pytest.fixture(scope="module")
def namespace() -> Iterator[namespaces.NetworkNamespace]:
    """Give a network namespace made for the module's tests, or skip where none can be made."""
    if why := namespaces.reason():
        pytest.skip(why)
    with namespaces.network_namespace() as made:
        yield made
