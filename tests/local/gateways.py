"""A gateway over the functions of fixture/, in a thread of its own."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

from infra.local.gateway.app import Gateway
from infra.local.gateway.hosts import known_hosts
from infra.local.gateway.template import read_functions
from infra.local.ports import listen
from infra.local.serving import served
from tests.support.background import in_background

FIXTURE = Path(__file__).with_name("fixture")
TUNNEL = "https://tunnel.example"


@contextmanager
def running_gateway(folder: Path, **options: Any) -> Iterator[httpx.Client]:
    """A client of a gateway whose logs are in `folder`. options: the gateway's own."""
    functions = read_functions(FIXTURE / "template.yaml")
    environment = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", "SWEPT": str(folder / "swept")}
    environments = {function.name: environment for function in functions}
    listener = listen(0)
    hosts = known_hosts(listener.getsockname()[1], TUNNEL)
    settings: dict[str, Any] = {"hosts": hosts, "page": FIXTURE / "page", "files": None, "logs": folder} | options

    @asynccontextmanager
    async def serving() -> AsyncIterator[None]:
        gateway = Gateway(functions, environments, **settings)
        async with gateway.running(), served(gateway, listener):
            yield

    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with closing(listener), in_background(serving), httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        yield client
