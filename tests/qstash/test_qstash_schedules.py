"""Schedules: that they publish when it is time, with what, and how they are managed."""

import asyncio
import base64
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from qstash import AsyncQStash
from qstash.errors import QStashError
from qstash.message import FlowControl, FlowControlProperties
from qstash.schedule import Schedule, ScheduleState

from infra.local.qstash import DEVELOPMENT_TOKEN
from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, StartQueue, SteppingClock, eventually, verify

_START = "2026-06-01T12:00:30+00:00"
_START_MS = 1_780_315_230_000


def _create(server: LocalQueue, destination: str, cron: str = "* * * * *", **options: Any) -> str:
    return server.client.schedule.create(destination=destination, cron=cron, **options)


def _get(queue: LocalQueue, schedule_id: str) -> Schedule:
    return queue.client.schedule.get(schedule_id)


def test_a_schedule_publishes_whenever_it_is_time(standing: LocalQueue, destination: Destination) -> None:
    schedule_id = _create(standing, destination.url + "/job", "*/5 * * * *", body="tick", headers={"X-Mine": "1"})
    made = _get(standing, schedule_id)
    assert (made.next_schedule_time, made.timeout, made.delay) == (_START_MS + 270_000, None, None)
    standing.step(269)
    standing.publish(url=destination.url + "/other", body="")
    destination.wait("/other")
    assert destination.at("/job") == []
    for count in (1, 2, 3):
        standing.step(1 if count == 1 else 300)
        received = destination.wait("/job", count)[-1]
        assert (received.body, received.headers["x-mine"]) == (b"tick", "1")
        assert received.headers["upstash-schedule-id"] == schedule_id
        found = _get(standing, schedule_id)
        assert found.last_schedule_time == _START_MS + 270_000 + (count - 1) * 300_000
        assert found.next_schedule_time == found.last_schedule_time + 300_000
    ids = [received.headers["upstash-message-id"] for received in destination.at("/job")]
    assert len(set(ids)) == 3


def test_what_a_schedule_publishes_is_signed(start_queue: StartQueue, destination: Destination) -> None:
    clock = SteppingClock(datetime.fromtimestamp(time.time() - 60, UTC).isoformat())
    _create(start_queue(clock), destination.url + "/job", body="tick")
    clock.step(60)
    verify(destination.wait("/job")[0])


def test_the_speed_makes_a_schedule_come_sooner(start_queue: StartQueue, destination: Destination) -> None:
    clock = SteppingClock(_START, speed=60)
    queue = start_queue(clock)
    schedule_id = _create(queue, destination.url + "/job")
    assert _get(queue, schedule_id).next_schedule_time == _START_MS + 500
    clock.step(0.5)
    destination.wait("/job", 1)
    assert _get(queue, schedule_id).next_schedule_time == _START_MS + 1500
    clock.step(1)
    destination.wait("/job", 2)
    clock.step(3.2)
    destination.wait("/job", 3)
    assert _get(queue, schedule_id).next_schedule_time == _START_MS + 5500
    assert len(destination.at("/job")) == 3


def test_times_that_pass_while_the_laptop_sleeps_come_once(standing: LocalQueue, destination: Destination) -> None:
    schedule_id = _create(standing, destination.url + "/job")
    standing.step(3600)
    destination.wait("/job", 1)
    assert _get(standing, schedule_id).next_schedule_time == _START_MS + 3_630_000
    standing.step(30)
    destination.wait("/job", 2)
    standing.settle()
    assert len(destination.at("/job")) == 2


def test_an_expression_is_read_in_its_zone(standing: LocalQueue, destination: Destination) -> None:
    berlin = _create(standing, destination.url + "/berlin", "CRON_TZ=Europe/Berlin 15 14 * * *")
    utc = _create(standing, destination.url + "/utc", "15 14 * * *")
    assert _get(standing, berlin).next_schedule_time == _START_MS + 870_000
    assert _get(standing, berlin).cron == "CRON_TZ=Europe/Berlin 15 14 * * *"
    assert _get(standing, utc).next_schedule_time == _START_MS + 8_070_000
    standing.step(870)
    destination.wait("/berlin")
    assert destination.at("/utc") == []


def test_every_option_of_a_message_is_one_of_a_schedule(standing: LocalQueue, destination: Destination) -> None:
    job = destination.answer("/job", Answer(500))
    schedule_id = _create(
        standing,
        job,
        body=b"\xff",
        content_type="application/octet-stream",
        method="PUT",
        headers={"X-Mine": "1"},
        retries=0,
        retry_delay="1000 * (1 + retried)",
        callback=destination.url + "/back",
        callback_headers={"Upstash-Callback-Forward-X-Back": "2"},
        failure_callback=destination.url + "/failed",
        failure_callback_headers={"Upstash-Failure-Callback-Forward-X-Failed": "3"},
        delay="1h",
        timeout=30,
        label="nightly",
        queue="line",
        flow_control=FlowControl(key="mine", parallelism=2, rate=10, period="1m"),
    )
    assert _get(standing, schedule_id) == Schedule(
        schedule_id=schedule_id,
        destination=job,
        cron="* * * * *",
        created_at=_START_MS,
        body=None,
        body_base64=base64.b64encode(b"\xff").decode(),
        method="PUT",
        headers={"Content-Type": ["application/octet-stream"], "X-Mine": ["1"]},
        callback_headers={"X-Back": ["2"]},
        failure_callback_headers={"X-Failed": ["3"]},
        retries=0,
        retry_delay_expression="1000 * (1 + retried)",
        callback=destination.url + "/back",
        failure_callback=destination.url + "/failed",
        queue="line",
        delay=3600,
        timeout=30,
        caller_ip="127.0.0.1",
        paused=False,
        flow_control=FlowControlProperties("mine", 2, 10, 60),
        last_schedule_time=None,
        next_schedule_time=_START_MS + 30_000,
        last_schedule_states=None,
        error=None,
        label="nightly",
    )
    standing.step(30)
    eventually(lambda: standing.service.all_pending())
    [pending] = standing.service.all_pending()
    message = standing.client.message.get(pending.id)
    assert (message.schedule_id, message.queue, message.label) == (schedule_id, "line", "nightly")
    standing.client.schedule.pause(schedule_id)
    standing.step(3600)
    [received] = destination.wait("/job")
    assert (received.method, received.body, received.headers["x-mine"]) == ("PUT", b"\xff", "1")
    assert destination.wait("/back")[0].headers["x-back"] == "2"
    [failed] = destination.wait("/failed")
    assert failed.headers["x-failed"] == "3"
    assert json.loads(failed.body)["scheduleId"] == schedule_id
    [letter] = standing.client.dlq.list(filter={"schedule_id": schedule_id}).messages
    assert (letter.schedule_id, letter.queue) == (schedule_id, "line")
    assert {log.schedule_id for log in standing.client.log.list(filter={"message_id": message.message_id}).logs} == {
        schedule_id
    }


def test_the_states_of_what_was_published_last_are_told(standing: LocalQueue, destination: Destination) -> None:
    flow = FlowControl(key="mine", parallelism=1)
    schedule_id = _create(standing, destination.answer("/job", Answer(200), Answer(500)), retries=0, flow_control=flow)
    for final in (ScheduleState.SUCCESS, ScheduleState.FAIL):
        standing.client.flow_control.pause("mine")
        standing.step(60)
        eventually(lambda: standing.service.all_pending())
        [message] = standing.service.all_pending()
        assert _get(standing, schedule_id).last_schedule_states == {message.id: ScheduleState.IN_PROGRESS}
        standing.client.flow_control.resume("mine")
        standing.settle()
        assert _get(standing, schedule_id).last_schedule_states == {message.id: final}


def test_a_schedule_to_a_url_group_reaches_each_endpoint(standing: LocalQueue, destination: Destination) -> None:
    endpoints: Any = [{"url": destination.url + path} for path in ("/one", "/two")]
    standing.client.url_group.upsert_endpoints("group", endpoints)
    schedule_id = _create(standing, "group")
    standing.step(60)
    destination.wait("/one")
    destination.wait("/two")
    assert _get(standing, schedule_id).destination == "group"
    standing.settle()
    assert len(_get(standing, schedule_id).last_schedule_states or {}) == 2


def test_a_schedule_that_cannot_publish_says_why_and_goes_on(standing: LocalQueue, destination: Destination) -> None:
    standing.client.url_group.upsert_endpoints("group", [{"url": destination.url + "/job"}])
    schedule_id = _create(standing, "group")
    standing.client.url_group.delete("group")
    standing.step(60)
    eventually(lambda: _get(standing, schedule_id).error)
    standing.client.url_group.upsert_endpoints("group", [{"url": destination.url + "/job"}])
    standing.step(60)
    destination.wait("/job")
    assert _get(standing, schedule_id).error is None


def test_the_same_id_replaces_a_schedule(standing: LocalQueue, destination: Destination) -> None:
    assert _create(standing, destination.url + "/old", schedule_id="mine") == "mine"
    assert _create(standing, destination.url + "/new", "*/2 * * * *", schedule_id="mine") == "mine"
    assert [(each.schedule_id, each.cron) for each in standing.client.schedule.list()] == [("mine", "*/2 * * * *")]
    standing.step(120)
    destination.wait("/new")
    standing.settle()
    assert destination.at("/old") == []


def test_the_times_of_a_paused_schedule_pass_without_a_message(standing: LocalQueue, destination: Destination) -> None:
    schedule_id = _create(standing, destination.url + "/job")
    standing.client.schedule.pause(schedule_id)
    assert _get(standing, schedule_id).paused
    standing.step(60)
    eventually(lambda: _get(standing, schedule_id).next_schedule_time == _START_MS + 90_000)
    assert _get(standing, schedule_id).last_schedule_time is None
    assert standing.http.post(f"/v2/schedules/{schedule_id}/resume").status_code == 200
    assert not _get(standing, schedule_id).paused
    standing.step(60)
    destination.wait("/job")
    standing.client.schedule.pause(schedule_id)
    standing.client.schedule.resume(schedule_id)
    standing.step(60)
    destination.wait("/job", 2)


def test_a_deleted_schedule_publishes_nothing_more(standing: LocalQueue, destination: Destination) -> None:
    deleted, kept = (_create(standing, destination.url + path) for path in ("/deleted", "/kept"))
    standing.client.schedule.delete(deleted)
    standing.step(60)
    destination.wait("/kept")
    standing.settle()
    assert destination.at("/deleted") == []
    assert [each.schedule_id for each in standing.client.schedule.list()] == [kept]
    with pytest.raises(QStashError, match="status: 404"):
        standing.client.schedule.get(deleted)


def test_publishing_with_a_cron_header_makes_a_schedule(standing: LocalQueue, destination: Destination) -> None:
    headers = {"Upstash-Cron": "* * * * *"}
    made = standing.http.post(f"/v2/publish/{destination.url}/job", headers=headers, content="x").json()
    assert _get(standing, made["scheduleId"]).destination == destination.url + "/job"
    standing.step(60)
    assert destination.wait("/job")[0].body == b"x"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cron": "* * * *"}, "Invalid cron expression"),
        ({"cron": "CRON_TZ=Mars/Base * * * * *"}, "Mars/Base"),
        ({"schedule_id": "a b"}, "schedule id is invalid"),
        ({"queue": "a b"}, "queue name is invalid"),
        ({"retry_delay": "soon"}, "Upstash-Retry-Delay"),
        ({"delay": "soon"}, "Upstash-Delay"),
        ({"destination": "no-such-group"}, "invalid destination url"),
    ],
)
def test_a_schedule_that_is_not_valid_is_refused(queue: LocalQueue, options: dict[str, Any], said: str) -> None:
    valid = {"destination": "https://example.com", "cron": "* * * * *"}
    with pytest.raises(QStashError, match=f"status: 400.*{said}"):
        _create(queue, **{**valid, **options})
    assert queue.client.schedule.list() == []


def test_there_is_a_number_of_schedules_that_is_too_many(
    start_queue: StartQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.local.qstash.limits.MAX_SCHEDULES", 1)
    queue = start_queue()
    _create(queue, "https://example.com", schedule_id="one")
    _create(queue, "https://example.com", schedule_id="one")
    with pytest.raises(QStashError, match="status: 412"):
        _create(queue, "https://example.com", schedule_id="two")
    assert [each.schedule_id for each in queue.client.schedule.list()] == ["one"]


def test_the_async_client_manages_schedules_too(standing: LocalQueue, destination: Destination) -> None:
    async def work() -> None:
        client = AsyncQStash(DEVELOPMENT_TOKEN, retry=False, base_url=standing.url)
        url = destination.url + "/job"
        schedule_id = await client.schedule.create_json(destination=url, cron="* * * * *", body={"id": 1})
        await client.schedule.pause(schedule_id)
        assert (await client.schedule.get(schedule_id)).paused
        await client.schedule.resume(schedule_id)
        standing.step(60)
        await asyncio.to_thread(destination.wait, "/job")
        await client.schedule.delete(schedule_id)
        assert await client.schedule.list() == []
        await client.http._client.aclose()

    asyncio.run(work())
    assert destination.at("/job")[0].body == b'{"id": 1}'
