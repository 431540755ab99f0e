"""Containers come and go with the work."""

import asyncio
import os
from pathlib import Path

from infra.local.gateway.errors import FunctionError
from infra.local.gateway.limits import Limits
from infra.local.gateway.pool import Pool
from infra.local.gateway.template import read_functions
from tests.local.gateways import FIXTURE
from tests.local.processes import is_running


def make_pool(folder: Path, limits: Limits) -> Pool:
    function = next(function for function in read_functions(FIXTURE / "template.yaml") if function.name == "slow")
    return Pool(function, {"PATH": os.environ["PATH"]}, folder / "slow.jsonl", limits)


async def invoke(pool: Pool, seconds: float) -> tuple[int, bool]:
    result, cold = await pool.invoke({"queryStringParameters": {"seconds": str(seconds)}})
    return result["pid"], cold


def test_the_first_event_of_a_container_is_cold(tmp_path: Path) -> None:
    async def story() -> None:
        pool = make_pool(tmp_path, Limits())
        assert [(await invoke(pool, 0))[1] for _ in range(2)] == [True, False]
        await pool.close()

    asyncio.run(story())


def test_idle_containers_are_ended_but_the_last(tmp_path: Path) -> None:
    async def story() -> None:
        pool = make_pool(tmp_path, Limits(idle_seconds=0))
        pids = {pid for pid, _ in await asyncio.gather(*(invoke(pool, 1.5) for _ in range(3)))}
        assert len(pids) == 3
        async with asyncio.timeout(10):
            while len(alive := [pid for pid in pids if is_running(pid)]) > 1:
                pool.trim()
                await asyncio.sleep(0.05)
        assert (await invoke(pool, 0))[0] == alive[0]
        await pool.close()
        assert not is_running(alive[0])

    asyncio.run(story())


def test_a_container_killed_while_idle_costs_no_request(tmp_path: Path) -> None:
    async def story() -> None:
        pool = make_pool(tmp_path, Limits())
        pid, _ = await invoke(pool, 0)
        os.kill(pid, 9)
        await asyncio.sleep(0.05)
        assert (await invoke(pool, 0))[0] != pid
        await pool.close()

    asyncio.run(story())


def test_closing_ends_a_container_in_the_middle_of_its_event(tmp_path: Path) -> None:
    async def story() -> None:
        pool = make_pool(tmp_path, Limits())
        event = asyncio.create_task(invoke(pool, 30))
        await asyncio.sleep(0.5)
        await asyncio.wait_for(pool.close(), 10)
        await asyncio.gather(event, return_exceptions=True)

    asyncio.run(story())


def test_a_queue_that_moves_starts_no_container(tmp_path: Path) -> None:
    async def story() -> None:
        pool = make_pool(tmp_path, Limits(patience_seconds=1.0, queue_seconds=60.0))
        answers = await asyncio.gather(*(invoke(pool, 0.05) for _ in range(40)))
        assert len({pid for pid, _ in answers}) == 1
        await pool.close()

    asyncio.run(story())


def test_a_long_queue_starts_one_though_it_moves(tmp_path: Path) -> None:
    async def story() -> None:
        pool = make_pool(tmp_path, Limits(patience_seconds=2.0, queue_seconds=0.5))
        await invoke(pool, 0)
        answers = await asyncio.gather(*(invoke(pool, 0.05) for _ in range(100)))
        assert len({pid for pid, _ in answers}) > 1
        await pool.close()

    asyncio.run(story())


def test_nothing_is_started_for_who_still_waits_when_it_closes(tmp_path: Path) -> None:
    async def story() -> None:
        pool = make_pool(tmp_path, Limits(containers=1))
        await invoke(pool, 0)
        held, waiting = [asyncio.create_task(invoke(pool, 30)) for _ in range(2)]
        await asyncio.sleep(0.1)
        await pool.close()
        ended = await asyncio.gather(held, waiting, return_exceptions=True)
        assert [type(error) for error in ended] == [FunctionError, asyncio.CancelledError]

    asyncio.run(story())


def test_containers_leave_the_processor_to_the_gateway_that_feeds_them(tmp_path: Path) -> None:
    async def story() -> None:
        pool = make_pool(tmp_path, Limits())
        pid, _ = await invoke(pool, 0)
        own = os.getpriority(os.PRIO_PROCESS, 0)
        assert os.getpriority(os.PRIO_PROCESS, pid) == min(own + 5, 19)
        await pool.close()

    asyncio.run(story())
