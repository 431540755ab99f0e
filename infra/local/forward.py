"""Makes services that listen on the loopback interface reachable at one more address."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from infra.local.errors import LocalError
from infra.local.ports import HOST

CHUNK = 64 * 1024


@asynccontextmanager
async def forwarded(address: str | None, ports: Iterable[int]) -> AsyncIterator[None]:
    """While the block runs, connections to `address` go to the same port of 127.0.0.1. None: nothing is opened."""
    async with AsyncExitStack() as servers:
        for port in ports if address else ():
            try:
                server = await asyncio.start_server(partial(carry, port), address, port)
            except OSError as error:
                raise LocalError(f"Cannot listen on {address}:{port}: {error.strerror}.") from error
            await servers.enter_async_context(server)
        yield


async def carry(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        back, forth = await asyncio.open_connection(HOST, port)
        await asyncio.gather(copy(reader, forth), copy(back, writer), return_exceptions=True)
    writer.close()


async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while chunk := await source.read(CHUNK):
            target.write(chunk)
            await target.drain()
    finally:
        target.close()
