import pytest

from tests.infra.cloudformation import Template


@pytest.fixture(scope="session")
def template() -> Template:
    return Template("template.yaml")


@pytest.fixture(scope="session")
def frontend() -> Template:
    return Template("infra/frontend.yaml")
