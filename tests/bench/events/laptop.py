"""The whole stack, and beside it the two usual handlers, in containers of the same kind behind a gateway of the same
kind; in a process of its own, so that the gateways share no interpreter with what measures them.

`python -m tests.bench.events.laptop FOLDER` writes where they are, as one line of JSON, and ends when its input does.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path

import psycopg

from infra.local.gateway.app import Gateway
from infra.local.gateway.hosts import known_hosts
from infra.local.gateway.template import Function, Route
from infra.local.ports import HOST, free_port, listen
from infra.local.serving import served
from infra.local.stack import Options, running_stack
from infra.local.state import State

HERE = Path(__file__).parent
PEERS = {"writes": ("/events/writes",), "publishes": ("/events/publishes", "/api/jobs/record")}
FROM_STACK = ("QSTASH_URL", "QSTASH_TOKEN", "QSTASH_CURRENT_SIGNING_KEY", "QSTASH_NEXT_SIGNING_KEY")


async def serve(folder: Path) -> None:
    options, state = Options(port=0, qstash_port=free_port()), State(folder)
    # What the caller's shell may hold of settings is not for a measurement.
    caller = {"PATH": os.environ["PATH"]}
    async with running_stack(state, options, caller, lambda sentence: print(sentence, file=sys.stderr)) as stack:
        about = state.running_stack()
        assert about is not None
        with psycopg.connect(about["database"]) as connection:
            for name in PEERS:
                connection.execute(f"CREATE SCHEMA {name}; SET search_path TO {name}".encode())
                connection.execute((HERE / "tables.sql").read_bytes())
        async with peers(stack.settings, about["database"], state.logs) as url:
            where = {
                "page": stack.page,
                "database": about["database"],
                "secret": stack.settings["CALL_WEBHOOK_SECRETS"],
                "events": {"ours": stack.settings["DELIVERY_URL"] + "/events"}
                | {name: url + routes[0] for name, routes in PEERS.items()},
            }
            print(json.dumps(where), flush=True)
            await asyncio.to_thread(sys.stdin.read)


@asynccontextmanager
async def peers(settings: Mapping[str, str], database: str, logs: Path) -> AsyncIterator[str]:
    """Where they are."""
    (logs / "peers").mkdir()
    with closing(listen(0)) as listener:
        port = listener.getsockname()[1]
        url = f"http://{HOST}:{port}"
        environment = {
            "PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", "DELIVERY_URL": url,
            "WEBHOOK_SECRET": settings["CALL_WEBHOOK_SECRETS"], **{name: settings[name] for name in FROM_STACK},
        }  # fmt: skip
        functions = [
            Function(name, HERE / name / "app.py", 30, 512, tuple(Route("POST", path, name) for path in routes), ())
            for name, routes in PEERS.items()
        ]
        # Each has its tables in a schema of its own.
        databases = {name: f"{database}?options=-csearch_path%3D{name}" for name in PEERS}
        gateway = Gateway(
            functions, {name: {**environment, "DATABASE_URL": url} for name, url in databases.items()},
            hosts=known_hosts(port), page=HERE, files=None, logs=logs / "peers",
        )  # fmt: skip
        async with gateway.running(), served(gateway, listener):
            yield url


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
