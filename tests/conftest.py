"""What several test modules need: materialised trees, and the reasons to skip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import namespaces
import pytest
import realnetstat
from hypothesis import HealthCheck, is_hypothesis_test, settings
from trees import Trees

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")
"""How long drawing takes tells of the machine: the first run in a checkout makes tables of all characters."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that hypothesis draws for, so that CI finds them: ``-m property``."""
    for item in items:
        if is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.property)


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
