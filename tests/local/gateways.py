"""A gateway over the functions of fixture/, in a thread of its own."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from infra.local.gateway.app import Gateway
from infra.local.gateway.hosts import known_hosts
from infra.local.gateway.template import read_functions
from infra.local.ports import listen
from infra.local.serving import served

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
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        gateway = Gateway(functions, environments, **settings)
        async with gateway.running(), served(gateway, listener):
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
            yield client
    finally:
        stop.set()
        thread.join(10)
        listener.close()
