"""Fixtures for the laptop's parts."""

from collections.abc import Iterator

import httpx
import pytest

from tests.local.gateways import running_gateway


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A gateway that the tests of a module share, with AWS's own limits."""
    with running_gateway(tmp_path_factory.mktemp("logs")) as client:
        yield client
