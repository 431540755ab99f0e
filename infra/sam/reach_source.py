#!/var/lang/bin/python3
"""Makes this machine's source reachable at the address that SOURCE_LOOPBACK names, from within a function's container.

The guard of the fetch allows a laptop's source on the loopback interface alone, and in a container that is the
container's own. It is not loosened for a container's sake: what listens there hands the bytes on to HANDOFF_SOURCE_AT.

Lambda starts it in place of the runtime, with the runtime's command as its arguments:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper
"""

import asyncio
import os
import socket
import sys

CHUNK = 64 * 1024


def main() -> None:
    host, port = os.environ["SOURCE_LOOPBACK"].rsplit(":", 1)
    listener = socket.create_server((host, int(port)))
    if os.fork():
        os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 (the runtime's own command)
    asyncio.run(serve(listener))


async def serve(listener: socket.socket) -> None:
    async with await asyncio.start_server(carry, sock=listener) as server:
        await server.serve_forever()


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    host, port = os.environ["HANDOFF_SOURCE_AT"].rsplit(":", 1)
    back, forth = await asyncio.open_connection(host, int(port))
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
