#!/var/lang/bin/python3
"""Makes what this machine has on its loopback interface reachable on that of a function's container.

A laptop's source and its issuer's keys may be there alone, and in a container that is the container's own. The rule is
not loosened for a container's sake: what listens there hands the bytes on. HANDOFF_REACH says where and whereto, as
127.0.0.1:7000=172.17.0.1:7000, with commas between several.

Lambda starts it in place of the runtime, with the runtime's command as its arguments:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper
"""

import asyncio
import os
import socket
import sys
from functools import partial

CHUNK = 64 * 1024
Address = tuple[str, int]


def main() -> None:
    pairs = [pair.split("=") for pair in os.environ["HANDOFF_REACH"].split(",")]
    listeners = [(socket.create_server(address(here)), address(there)) for here, there in pairs]
    if os.fork():
        os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 (the runtime's own command)
    asyncio.run(serve(listeners))


def address(text: str) -> Address:
    host, port = text.rsplit(":", 1)
    return host, int(port)


async def serve(listeners: list[tuple[socket.socket, Address]]) -> None:
    for listener, there in listeners:
        await asyncio.start_server(partial(carry, there), sock=listener)
    await asyncio.Event().wait()


async def carry(there: Address, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    back, forth = await asyncio.open_connection(*there)
    await asyncio.gather(copy(reader, forth), copy(back, writer), return_exceptions=True)


async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while chunk := await source.read(CHUNK):
            target.write(chunk)
            await target.drain()
    finally:
        target.close()


if __name__ == "__main__":
    main()
