import pytest

from tests.infra.cloudformation import QUEUES, Template


@pytest.fixture(scope="session", params=QUEUES)
def template(request: pytest.FixtureRequest) -> Template:
    """With each queue that a deployment can choose."""
    return Template("template.yaml", QueueProvider=request.param)


@pytest.fixture(scope="session")
def frontend() -> Template:
    return Template("infra/frontend.yaml")


@pytest.fixture(scope="session")
def with_qstash() -> Template:
    return Template("template.yaml", QueueProvider="qstash")


@pytest.fixture(scope="session")
def with_sqs() -> Template:
    return Template("template.yaml", QueueProvider="sqs")
