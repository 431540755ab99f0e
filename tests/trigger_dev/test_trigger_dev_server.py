"""The stand-in's management API: https://trigger.dev/docs/management/tasks/trigger"""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from handoff.testing.destination import Answer, Destination, running
from infra.local import trigger_dev
from infra.local.trigger_dev.requests import RefusedError, read_request
from tests.trigger_dev.standing import Standing, standing

DAY = 24 * 3600.0
TRIGGER = "/api/v1/tasks/handoff-deliver/trigger"


@pytest.fixture
def trigger() -> Iterator[Standing]:
    with standing() as made:
        yield made


@pytest.fixture
def destination(trigger: Standing) -> Iterator[Destination]:
    with running(Destination(trigger.clock.now)) as made:
        yield made


@pytest.fixture
def http(trigger: Standing) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {trigger_dev.DEVELOPMENT_SECRET_KEY}"}
    with httpx.Client(base_url=trigger.url, headers=headers, trust_env=False) as client:
        yield client


def message(url: str, **fields: Any) -> dict[str, Any]:
    return {
        "url": url, "method": "POST", "headers": {}, "body": "", "bodyEncoding": "utf8", "retries": 0,
        "retryPauseSeconds": 5, "timeoutSeconds": 30, "credential": None, "callbackUrl": None,
        "failureCallbackUrl": None, **fields,
    }  # fmt: skip


def ask(http: httpx.Client, payload: Any, **options: Any) -> Any:
    answer = http.post(TRIGGER, json={"payload": payload, "options": options})
    assert answer.status_code == 200, answer.text
    return answer.json()


def until_over(trigger: Standing, destination: Destination) -> None:
    while not all(run.is_over for run in trigger.runs.all()):
        trigger.clock.skip()
        destination.wait(0.005)


@pytest.mark.parametrize(
    "key", [None, "", "Bearer", "Bearer tr_dev_another", "Basic x", trigger_dev.DEVELOPMENT_SECRET_KEY]
)
@pytest.mark.parametrize("path", [TRIGGER, "/api/v2/runs/run_1/cancel"])
def test_nobody_is_served_without_the_key(key: str | None, path: str, http: httpx.Client) -> None:
    http.headers.pop("Authorization")
    answer = http.post(path, json={}, headers={"Authorization": key} if key is not None else {})
    assert (answer.status_code, answer.json()) == (401, {"error": "Invalid or Missing API key"})


def test_nobody_is_served_under_another_name(http: httpx.Client) -> None:
    assert http.post(TRIGGER, json={}, headers={"Host": "evil.example"}).status_code == 401


def test_there_is_no_other_task_and_no_other_run(http: httpx.Client) -> None:
    assert http.post("/api/v1/tasks/another/trigger", json={}).json() == {"error": "Task not found"}
    answer = http.post("/api/v2/runs/run_1/cancel")
    assert (answer.status_code, answer.json()) == (404, {"error": "Run not found"})


def test_an_idempotency_key_gives_the_first_run_while_it_is_known(
    trigger: Standing, http: httpx.Client, destination: Destination
) -> None:
    def asked() -> tuple[str, bool]:
        answer = ask(http, message(destination.base), idempotencyKey="a", idempotencyKeyTTL="1h")
        return answer["id"], answer["isCached"]

    first = asked()
    assert first[1] is False
    assert asked() == (first[0], True)
    until_over(trigger, destination)
    assert asked() == (first[0], True)
    trigger.clock._ahead += 3601
    second = asked()
    assert (second[0] != first[0], second[1]) == (True, False)


def test_a_run_that_failed_frees_its_key_and_one_that_was_canceled_does_not(
    trigger: Standing, http: httpx.Client, destination: Destination
) -> None:
    """https://trigger.dev/docs/idempotency#failed-runs-and-idempotency"""
    destination.answer("/job", Answer(500))
    failing = message(destination.base + "/job")
    first = ask(http, failing, idempotencyKey="a")
    until_over(trigger, destination)
    assert ask(http, failing, idempotencyKey="a")["id"] != first["id"]
    canceled = ask(http, failing, idempotencyKey="b", delay="1h")["id"]
    assert http.post(f"/api/v2/runs/{canceled}/cancel").json() == {"id": canceled}
    assert ask(http, failing, idempotencyKey="b") == {"id": canceled, "isCached": True}


def test_canceling_cuts_an_attempt_off_and_it_is_not_tried_again(
    trigger: Standing, http: httpx.Client, destination: Destination
) -> None:
    destination.answer("/job", Answer(held=True))
    run_id = ask(http, message(destination.base + "/job", retries=3), maxAttempts=4)["id"]
    while not destination.arrived("/job"):
        destination.wait(0.01)
    http.post(f"/api/v2/runs/{run_id}/cancel")
    for _ in range(1000):
        if not trigger.runs._tasks:
            break
        destination.wait(0.01)
    assert not trigger.runs._tasks, "it waits for an answer that nobody needs"
    ask(http, message(destination.base + "/later"), delay="1h")
    while not destination.arrived("/later"):
        trigger.clock.skip()
        destination.wait(0.01)
    assert (trigger.runs.all()[0].status, len(destination.arrived("/job"))) == ("CANCELED", 1)


def test_a_run_that_waits_for_its_turn_longer_than_its_ttl_expires(
    trigger: Standing, http: httpx.Client, destination: Destination
) -> None:
    destination.answer("/job", Answer(held=True))
    one = {"queue": {"name": "handoff-parallel-1"}, "concurrencyKey": "a"}
    ask(http, message(destination.base + "/job"), **one)
    while not destination.arrived("/job"):
        destination.wait(0.01)
    ask(http, message(destination.base + "/job"), ttl="10m", **one)
    ask(http, message(destination.base + "/job"), ttl="2h", **one)
    trigger.clock._ahead += 3600
    destination.release()
    until_over(trigger, destination)
    assert [run.status for run in trigger.runs.all()] == ["COMPLETED", "EXPIRED", "COMPLETED"]


def test_a_task_that_is_given_what_is_no_message_fails_and_others_go_on(
    trigger: Standing, http: httpx.Client, destination: Destination
) -> None:
    ask(http, None, maxAttempts=1)
    ask(http, {"url": 5}, maxAttempts=1)
    ask(http, message(destination.base + "/job"))
    until_over(trigger, destination)
    assert [run.status for run in trigger.runs.all()] == ["FAILED", "FAILED", "COMPLETED"]


def test_a_node_that_was_killed_costs_an_attempt_and_is_started_again(
    trigger: Standing, http: httpx.Client, destination: Destination
) -> None:
    destination.answer("/job", Answer(held=True), Answer(200))
    ask(http, message(destination.base + "/job", retries=1), maxAttempts=2)
    while not destination.arrived("/job"):
        destination.wait(0.01)
    process = trigger.runs._node._process
    assert process is not None
    process.kill()
    until_over(trigger, destination)
    assert [run.status for run in trigger.runs.all()] == ["COMPLETED"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'{"options": 5}', 400),
        (b'{"options": {"maxAttempts": "3"}}', 400),
        (b'{"options": {"maxAttempts": true}}', 400),
        (b'{"options": {"idempotencyKey": "%s"}}' % (b"x" * 2049), 400),
        (b'{"options": {"tags": ["%s"]}}' % (b"x" * 129), 400),
        (b'{"options": {"tags": ["a","a","a","a","a","a","a","a","a","a","a"]}}', 400),
        (b'{"options": {"queue": "a"}}', 400),
        (b'{"options": {"ttl": -1}}', 400),
        (b'{"options": {"payloadType": "application/super+json"}, "payload": "no"}', 400),
        (b'{"options": {"delay": "soon"}}', 422),
        (b'{"payload": "%s"}' % (b"x" * 3 * 1024 * 1024), 413),
    ],
)
def test_a_request_that_the_vendor_would_refuse_is_refused(body: bytes, status: int) -> None:
    with pytest.raises(RefusedError) as caught:
        read_request(body, 0)
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90s", 90), ("1h52m18s", 6738), ("2d", 2 * DAY), ("1970-01-02T00:00:00Z", DAY), ("1969-01-01", 0)],
)
def test_a_delay_is_a_duration_or_a_date(written: str, seconds: float) -> None:
    assert read_request(b'{"options": {"delay": "%s"}}' % written.encode(), 0).delay_seconds == seconds


def test_what_the_vendor_does_not_know_is_passed_over() -> None:
    assert read_request(b'{"payload": 1, "odd": 1, "options": {"odd": 1}}', 0) == read_request(b'{"payload": 1}', 0)
