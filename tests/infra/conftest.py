import pytest

from tests.infra.cloudformation import COGNITO, DEPLOYMENTS, Template


@pytest.fixture(scope="session", params=DEPLOYMENTS)
def template(request: pytest.FixtureRequest) -> Template:
    """With each queue and each store that a deployment can choose."""
    return Template("template.yaml", **DEPLOYMENTS[request.param])


@pytest.fixture(scope="session")
def frontend() -> Template:
    return Template("infra/frontend.yaml")


@pytest.fixture(scope="session")
def with_qstash() -> Template:
    return Template("template.yaml", QueueProvider="qstash")


@pytest.fixture(scope="session")
def with_sqs() -> Template:
    return Template("template.yaml", QueueProvider="sqs")


@pytest.fixture(scope="session")
def with_cognito() -> Template:
    return Template("template.yaml", **COGNITO)


@pytest.fixture(scope="session")
def auth() -> Template:
    return Template("infra/auth.yaml")


@pytest.fixture(scope="session")
def with_azure_blob() -> Template:
    return Template("template.yaml", StorageProvider="azure_blob")
