"""Schedules: replaced, paused, deleted, refused, and what they tell."""

import asyncio
from typing import Any

import pytest
from qstash import AsyncQStash
from qstash.errors import QStashError
from qstash.message import FlowControl
from qstash.schedule import ScheduleState

from infra.local.qstash import DEVELOPMENT_TOKEN
from tests.qstash.destination import Answer, Destination
from tests.qstash.servers import LocalQueue, StartQueue, eventually

_START = "2026-06-01T12:00:30+00:00"
_START_MS = 1_780_315_230_000


def test_the_states_of_what_was_published_last_are_told(standing: LocalQueue, destination: Destination) -> None:
    flow = FlowControl(key="mine", parallelism=1)
    schedule_id = standing.schedule(destination.answer("/job", Answer(200), Answer(500)), retries=0, flow_control=flow)
    for final in (ScheduleState.SUCCESS, ScheduleState.FAIL):
        standing.client.flow_control.pause("mine")
        standing.step(60)
        eventually(lambda: standing.service.all_pending())
        [message] = standing.service.all_pending()
        assert standing.client.schedule.get(schedule_id).last_schedule_states == {message.id: ScheduleState.IN_PROGRESS}
        standing.client.flow_control.resume("mine")
        standing.settle()
        assert standing.client.schedule.get(schedule_id).last_schedule_states == {message.id: final}


def test_a_schedule_that_cannot_publish_says_why_and_goes_on(standing: LocalQueue, destination: Destination) -> None:
    standing.client.url_group.upsert_endpoints("group", [{"url": destination.url + "/job"}])
    schedule_id = standing.schedule("group")
    standing.client.url_group.delete("group")
    standing.step(60)
    eventually(lambda: standing.client.schedule.get(schedule_id).error)
    standing.client.url_group.upsert_endpoints("group", [{"url": destination.url + "/job"}])
    standing.step(60)
    destination.wait("/job")
    assert standing.client.schedule.get(schedule_id).error is None


def test_the_same_id_replaces_a_schedule(standing: LocalQueue, destination: Destination) -> None:
    assert standing.schedule(destination.url + "/old", schedule_id="mine") == "mine"
    assert standing.schedule(destination.url + "/new", "*/2 * * * *", schedule_id="mine") == "mine"
    assert [(each.schedule_id, each.cron) for each in standing.client.schedule.list()] == [("mine", "*/2 * * * *")]
    standing.step(120)
    destination.wait("/new")
    standing.settle()
    assert destination.at("/old") == []


def test_the_times_of_a_paused_schedule_pass_without_a_message(standing: LocalQueue, destination: Destination) -> None:
    schedule_id = standing.schedule(destination.url + "/job")
    standing.client.schedule.pause(schedule_id)
    assert standing.client.schedule.get(schedule_id).paused
    standing.step(60)
    eventually(lambda: standing.client.schedule.get(schedule_id).next_schedule_time == _START_MS + 90_000)
    assert standing.client.schedule.get(schedule_id).last_schedule_time is None
    assert standing.http.post(f"/v2/schedules/{schedule_id}/resume").status_code == 200
    assert not standing.client.schedule.get(schedule_id).paused
    standing.step(60)
    destination.wait("/job")
    standing.client.schedule.pause(schedule_id)
    standing.client.schedule.resume(schedule_id)
    standing.step(60)
    destination.wait("/job", 2)


def test_a_deleted_schedule_publishes_nothing_more(standing: LocalQueue, destination: Destination) -> None:
    deleted, kept = (standing.schedule(destination.url + path) for path in ("/deleted", "/kept"))
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
    assert standing.client.schedule.get(made["scheduleId"]).destination == destination.url + "/job"
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
        queue.schedule(**{**valid, **options})
    assert queue.client.schedule.list() == []


def test_there_is_a_number_of_schedules_that_is_too_many(
    start_queue: StartQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.local.qstash.limits.MAX_SCHEDULES", 1)
    queue = start_queue()
    queue.schedule("https://example.com", schedule_id="one")
    queue.schedule("https://example.com", schedule_id="one")
    with pytest.raises(QStashError, match="status: 412"):
        queue.schedule("https://example.com", schedule_id="two")
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
