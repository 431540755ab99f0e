"""A service that is closed leaves nothing behind in its event loop."""

import asyncio

from infra.local import qstash
from infra.local.qstash.clock import Clock
from infra.local.qstash.publication import Origin, Publication
from infra.local.qstash.service import Service
from infra.local.qstash.signing import SigningKeys
from tests.qstash.destination import PATIENCE_SECONDS

_NOWHERE = "http://127.0.0.1:1/"
_RATE = {"upstash-flow-control-key": ["mine"], "upstash-flow-control-value": ["rate=1, period=1d"]}


def test_a_closed_service_has_no_message_no_schedule_and_no_period_to_wait_for() -> None:
    async def work() -> list[str]:
        keys = SigningKeys(qstash.DEVELOPMENT_CURRENT_SIGNING_KEY, qstash.DEVELOPMENT_NEXT_SIGNING_KEY)
        service = Service(token=qstash.DEVELOPMENT_TOKEN, keys=keys, clock=Clock())
        for _ in range(2):
            service.publish(Publication(_NOWHERE, {}, b"", "", Origin(queue="line")))
            service.publish(Publication(_NOWHERE, _RATE, b"", ""))
        service.schedules.create(Publication(_NOWHERE, {"upstash-cron": ["* * * * *"]}, b"", ""))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not len(service.flow.get("mine").line):  # noqa: ASYNC110 -- no event tells
                await asyncio.sleep(0.005)
        await service.close()
        await asyncio.sleep(0.01)
        return [repr(task) for task in asyncio.all_tasks() if task is not asyncio.current_task()]

    assert asyncio.run(work()) == []
