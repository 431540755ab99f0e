"""`python -m infra.local.trigger_dev --port 3030 [--speed 1]`: serves until SIGINT or SIGTERM.

TRIGGER_SECRET_KEY and HANDOFF_SIGNING_KEY of the environment, by default those of development. The task sees the latter
and the credentials, which are the variables that end in _API_KEY, and nothing else.
"""

import argparse
import asyncio
import os

from infra.local import trigger_dev
from infra.local.lifetime import until_stopped
from infra.local.ports import listen
from infra.local.qstash.clock import Clock
from infra.local.serving import served
from infra.local.trigger_dev import log
from infra.local.trigger_dev.node import Node
from infra.local.trigger_dev.runs import Runs
from infra.local.trigger_dev.server import make_app


async def serve(port: int, speed: float) -> None:
    environment = {name: value for name, value in os.environ.items() if name.endswith("_API_KEY")}
    environment["HANDOFF_SIGNING_KEY"] = os.environ.get("HANDOFF_SIGNING_KEY") or trigger_dev.DEVELOPMENT_SIGNING_KEY
    runs = Runs(Node(environment), Clock(speed))
    secret_key = os.environ.get("TRIGGER_SECRET_KEY") or trigger_dev.DEVELOPMENT_SECRET_KEY
    try:
        with listen(port) as listener:
            async with until_stopped(), served(make_app(runs, secret_key=secret_key), listener):
                await asyncio.Event().wait()
    finally:
        await runs.close()


parser = argparse.ArgumentParser(prog="python -m infra.local.trigger_dev")
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--speed", type=float, default=1.0, help="divides every delay and pause, but no Retry-After")
arguments = parser.parse_args()
log.start()
asyncio.run(serve(arguments.port, arguments.speed))
