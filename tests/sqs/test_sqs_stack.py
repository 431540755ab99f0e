"""The whole stack on a laptop with SQS in place of QStash."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.session import Session

from infra.local import s3
from infra.local.sqs import DEAD_LETTERS, QUEUE, queue_attributes
from infra.local.stack import Options
from tests.support.servers import Source, http_server
from tests.support.stack import LocalStack, local_stack, wait_for


@pytest.fixture(scope="module")
def flaky() -> Iterator[Source]:
    """A source that can be made to fail."""
    made = Source()
    with http_server(made.respond) as url:
        made.url = f"{url}/document"
        yield made


@pytest.fixture(scope="module")
def stack(flaky: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    options = Options(
        sweep_interval=1.0, reach=lambda addresses: addresses.__class__(**{**vars(addresses), "source": flaky.url})
    )
    with local_stack(
        tmp_path_factory.mktemp("sqs"), options, QUEUE_PROVIDER="sqs", STORAGE_PROVIDER="s3", OUTBOX_GRACE_SECONDS="2"
    ) as running:
        yield running


@pytest.fixture(autouse=True)
def healthy(flaky: Source) -> None:
    flaky.status, flaky.before_answer = 200, lambda: None


def sqs(stack: LocalStack) -> Any:
    session = Session()
    session.set_credentials("any", "any")
    return session.create_client("sqs", region_name="us-east-1", endpoint_url=stack.settings["AWS_ENDPOINT_URL_SQS"])


def in_queue(stack: LocalStack, setting: str = "SQS_QUEUE_URL") -> int:
    """How many messages a queue has, visible or not."""
    client = sqs(stack)
    told = client.get_queue_attributes(QueueUrl=stack.settings[setting], AttributeNames=["All"])["Attributes"]
    client.close()
    names = (
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    )
    return sum(int(told[name]) for name in names)


def test_an_export_goes_through_sqs_and_its_link_gives_the_file(stack: LocalStack, flaky: Source) -> None:
    visitor = stack.visitor()
    export = visitor.wait_for_end(visitor.request_export())
    assert export["state"] == "ready", export["problem"]
    assert visitor.http.get(export["links"][0]["url"]).content == flaky.body
    wait_for(lambda: in_queue(stack) == 0)


def test_an_attempt_that_failed_comes_again(stack: LocalStack, flaky: Source) -> None:
    flaky.status = 503
    flaky.before_answer = lambda: None
    visitor = stack.visitor()
    export_id = visitor.request_export()
    wait_for(lambda: stack.rows("SELECT 1 FROM runs WHERE id = %(id)s::uuid AND outcome IS NOT NULL", id=export_id))
    assert in_queue(stack) == 1
    flaky.status = 200
    assert visitor.wait_for_end(export_id)["state"] == "ready"
    assert in_queue(stack, "SQS_DEAD_LETTER_QUEUE_URL") == 0


def test_what_no_attempt_can_mend_ends_among_the_dead_letters(stack: LocalStack, flaky: Source) -> None:
    before = in_queue(stack, "SQS_DEAD_LETTER_QUEUE_URL")
    flaky.status = 404
    visitor = stack.visitor()
    export = visitor.wait_for_end(visitor.request_export())
    assert export["state"] == "failed"
    (row,) = stack.rows("SELECT dead_letter_id FROM runs WHERE id = %(id)s::uuid", id=export["id"])
    wait_for(lambda: in_queue(stack, "SQS_DEAD_LETTER_QUEUE_URL") == before + 1)
    assert row


def test_what_a_queue_that_was_killed_forgets_is_sent_again(stack: LocalStack) -> None:
    before = stack.service_pid("SQS")
    stack.kill("SQS")
    visitor = stack.visitor()
    export_id = visitor.request_export()
    wait_for(lambda: stack.service_pid("SQS") != before)
    assert visitor.wait_for_end(export_id)["state"] == "ready"


def test_a_consumer_that_was_killed_at_work_costs_no_export(stack: LocalStack, flaky: Source) -> None:
    """Its message stays hidden; the run is given back when its lease ends, and sent again."""
    killed = threading.Event()

    def kill() -> None:
        flaky.before_answer = lambda: None
        stack.kill_function("consume")
        killed.set()

    flaky.before_answer = kill
    visitor = stack.visitor()
    export_id = visitor.request_export()
    assert killed.wait(30)
    is_at_work = "id = %(id)s::uuid AND state = 'running'"
    assert stack.rows(
        f"UPDATE runs SET lease_expires_at = clock_timestamp() WHERE {is_at_work} RETURNING id", id=export_id
    )
    assert visitor.wait_for_end(export_id)["state"] == "ready"


def test_no_function_that_needs_nothing_of_aws_has_its_keys(stack: LocalStack) -> None:
    expected = {"status": False, "trigger": True, "consume": True, "sweep": True, "callback": True, "download": True}
    for function, has in expected.items():
        (pid, *_) = stack.container_pids(function)
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        assert (b"AWS_SECRET_ACCESS_KEY" in environment) is has, function


def test_the_queues_are_as_the_template_has_them(stack: LocalStack) -> None:
    client = sqs(stack)
    for name, setting in ((QUEUE, "SQS_QUEUE_URL"), (DEAD_LETTERS, "SQS_DEAD_LETTER_QUEUE_URL")):
        told = client.get_queue_attributes(QueueUrl=stack.settings[setting], AttributeNames=["All"])["Attributes"]
        assert queue_attributes(name).items() <= told.items() | {("SqsManagedSseEnabled", "true")}
    assert queue_attributes(QUEUE)["VisibilityTimeout"] == "720"
    client.close()


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_no_page_in_the_browser_can_read_or_change_it(headers: dict[str, str], stack: LocalStack) -> None:
    address = stack.settings["AWS_ENDPOINT_URL_SQS"]
    purge = {"Action": "PurgeQueue", "QueueUrl": stack.settings["SQS_QUEUE_URL"]}
    with httpx.Client(base_url=address, trust_env=False) as client:
        assert client.post("/", data=purge).status_code == 200
        for answer in (
            client.post("/", data=purge, headers=headers),
            client.get("/", params=purge, headers=headers),
            client.post("/moto-api/reset", headers=headers),
        ):
            assert (answer.status_code, answer.content) == (421, b"")
            assert not any(name.startswith("access-control") for name in answer.headers)
        assert client.get("/", params=purge).status_code == 421
        assert client.post("/moto-api/reset").status_code == 421


def test_its_keys_are_those_of_the_stand_ins(stack: LocalStack) -> None:
    assert stack.settings["AWS_ACCESS_KEY_ID"] == s3.ACCESS["AWS_ACCESS_KEY_ID"]
