"""The carriers' own process: reads one slice a line from its input, and writes one line of what came of it.

The loop is open, see infra/local/simulate/play.py. The secret comes by the input, where no list of processes shows it.
"""

import asyncio
import gc
import json
import sys
from collections.abc import Mapping

import aiohttp

from infra.local.simulate.calls import GIVE_UP_SECONDS
from infra.local.simulate.play import play
from tests.bench.events.slices import Slice, plan_of
from tests.bench.load.generator import come_first


async def serve() -> None:
    lines = asyncio.StreamReader(limit=2**20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=GIVE_UP_SECONDS),
    ) as http:
        while line := await lines.readline():
            asked = json.loads(line)
            url = asked["url"]

            async def post(headers: Mapping[str, str], body: bytes, url: str = url) -> int:
                async with http.post(url, headers=headers, data=body) as answer:
                    await answer.read()
                    return answer.status

            plan = plan_of(Slice(**asked["slice"]))
            # What is there will stay: a collection amid the slice need not look through it.
            gc.collect()
            gc.freeze()
            played = await play(plan, post, asked["secret"])
            # Not asdict: it makes no Counter again of a Counter.
            print(json.dumps({**vars(played), "accepted": sorted(played.accepted)}), flush=True)


if __name__ == "__main__":
    come_first()
    asyncio.run(serve())
