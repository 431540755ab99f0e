"""With the vendor's own packages: what is sent is what its schemas know, and the task runs as its executor runs it."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from handoff.jobs.queues.base import FlowControl, Message
from handoff.jobs.queues.trigger_dev import PARALLELISMS, TASK
from handoff.testing.destination import Answer
from handoff.testing.queues import CREDENTIAL, CREDENTIAL_NAME, Scene
from handoff.testing.queues.attempts import Attempts
from handoff.testing.queues.reports import Reports
from infra.local import trigger_dev
from tests.support.stack import wait_for
from tests.trigger_dev.node import PROJECT, run_node
from tests.trigger_dev.sending import TriggerEndpoint, endpoint, queue_at
from tests.trigger_dev.standing import Standing, standing
from tests.trigger_dev.test_trigger_dev_conformance import TriggerDevFixtures

MESSAGES = {
    "the least": Message("https://example.com/", b""),
    "all there is": Message(
        "https://example.com/api/jobs/greet?a=b",
        bytes(range(256)),
        method="PUT",
        headers={"Content-Type": "application/json", "X-Mine": "é"},
        deduplication_id="id-1",
        retries=7,
        retry_pause_seconds=9,
        delay_seconds=90,
        timeout_seconds=30,
        flow_control=FlowControl("openai", rate=5, parallelism=7),
        credential="openai",
        callback_url="https://example.com/back",
        failure_callback_url="https://example.com/failed",
        redact=("X-Mine",),
    ),
}


def client(asked: Any, url: str = "http://127.0.0.1:1") -> Any:
    environment = {"TRIGGER_API_URL": url, "TRIGGER_SECRET_KEY": trigger_dev.DEVELOPMENT_SECRET_KEY}
    return json.loads(run_node("tests/client.ts", asked=asked, **environment))


def test_the_project_has_no_type_that_does_not_fit() -> None:
    run_node("node_modules/typescript/bin/tsc")


@pytest.mark.parametrize("name", MESSAGES)
def test_the_vendors_schema_reads_all_that_the_provider_sends(name: str, trigger: TriggerEndpoint) -> None:
    asyncio.run(queue_at(trigger.url).send(MESSAGES[name]))
    request = trigger.requests[0].json
    assert client({"request": request}) == request
    assert {**request, "options": {**request["options"], "odd": 1}} != client(
        {"request": {**request, "options": {**request["options"], "odd": 1}}}
    )


@pytest.fixture
def trigger() -> Iterator[TriggerEndpoint]:
    with endpoint() as made:
        yield made


def test_a_deployment_has_the_queues_that_the_provider_names() -> None:
    made = {each["name"]: each["concurrencyLimit"] for each in client({"queues": True})}
    assert made == {f"handoff-parallel-{number}": number for number in PARALLELISMS}


def test_the_vendors_sdk_cancels_a_run_of_the_stand_in() -> None:
    with standing() as running:
        run_id = asyncio.run(queue_at(running.url).send(Message("http://127.0.0.1:1/", b"", delay_seconds=600)))
        assert client({"cancel": run_id}, running.url) == {"id": run_id}
        assert running.only_run().status == "CANCELED"


def test_the_vendors_sdk_lists_the_failed_runs_of_the_stand_in_page_by_page() -> None:
    with standing() as running:
        nowhere = [Message(f"http://127.0.0.1:1/{number}", b"body", retries=0) for number in range(3)]
        sent = [asyncio.run(queue_at(running.url).send(message)) for message in nowhere]
        wait_for(lambda: all(run.is_over for run in running.runs.all()))
        found = client({"failed": TASK}, running.url)
    assert [run["id"] for run in found] == sent[::-1]
    assert [run["payload"]["url"] for run in found] == [message.url for message in nowhere[::-1]]
    assert {(run["status"], run["tags"][0]) for run in found} == {("FAILED", "handoff")}
    assert all(run["error"]["message"] for run in found)


class TestTheDeployedTask(TriggerDevFixtures):
    """The task in the vendor's executor, with the vendor's SDK asking for its reports: what the executor has a say in.
    The conformance suite has all of it, with the same task and a runner of ours.
    """

    test_reports_each_attempt = Reports.test_each_attempt_is_reported_as_it_went
    test_reports_giving_up = Reports.test_giving_up_is_reported_once_with_the_id_of_the_dead_letter
    test_reports_a_large_answer = Reports.test_a_large_answer_is_reported_whole_or_said_to_be_cut
    test_pauses = Attempts.test_a_pause_follows_each_failed_attempt_and_doubles
    test_ends = Attempts.test_attempts_end_when_the_retries_are_used_up
    test_is_forbidden = Attempts.test_an_answer_that_forbids_it_is_the_last
    test_is_told_how_long_to_pause = Attempts.test_an_answer_may_say_how_long_to_pause
    test_takes_too_long = Attempts.test_an_attempt_that_takes_too_long_is_a_failure

    @pytest.fixture
    def trigger(self) -> Iterator[Standing]:
        variables = {f"{CREDENTIAL_NAME.upper()}_API_KEY": CREDENTIAL}
        with standing(variables, PROJECT / "tests" / "executor.ts") as made:
            yield made

    def test_a_report_is_repeated_as_often_as_its_message(self, scene: Scene) -> None:
        scene.destination.answer("/back", Answer(500), Answer(500), Answer(200))
        scene.send(retries=2, callback_url=scene.url("/back"))
        scene.arrived("/back", 3)
