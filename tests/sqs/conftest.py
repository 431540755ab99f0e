from collections.abc import Iterator

import pytest

from handoff.jobs.queues.sqs import SqsQueue
from tests.sqs.lambda_ import Lambda
from tests.sqs.moto_sqs import ENVIRONMENT, MotoSqs, moto_sqs
from tests.support.handoff import Handoff


@pytest.fixture(scope="session")
def server() -> Iterator[MotoSqs]:
    with moto_sqs() as made:
        yield made


@pytest.fixture
def sqs(server: MotoSqs, monkeypatch: pytest.MonkeyPatch) -> MotoSqs:
    """The server with two empty queues, and the environment of whoever may use it."""
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL_SQS": server.endpoint}.items():
        monkeypatch.setenv(name, value)
    server.begin()
    return server


@pytest.fixture
def consuming(sqs: MotoSqs) -> SqsQueue:
    """As the consumer has it."""
    return SqsQueue(url=sqs.url, dead_letter_url=sqs.dead_letter_url, clock=sqs.now)


@pytest.fixture
def on_sqs(handoff: Handoff, sqs: MotoSqs) -> Lambda:
    """The functions with SQS between them."""
    handoff.environment |= {
        "QUEUE_PROVIDER": "sqs",
        "SQS_QUEUE_URL": sqs.url,
        "SQS_DEAD_LETTER_QUEUE_URL": sqs.dead_letter_url,
    }
    return Lambda(handoff, sqs)
