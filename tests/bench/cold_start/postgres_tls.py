"""TLS before Postgres, as hosted ones have it: the Postgres that comes as a wheel is built without.

A client that does not ask for TLS is hung up on, so whoever got an answer through here used it.
https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL
"""

import asyncio
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import trustme

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
GSS_REQUEST = struct.pack("!ii", 8, 80877104)
HOST = "127.0.0.1"


class TlsFront:
    """Counts what went through it: `encrypted` connections, and those `refused` because they were not."""

    def __init__(self, database_port: int, context: ssl.SSLContext) -> None:
        self.port = 0
        self.encrypted = 0
        self.refused = 0
        self._database_port = database_port
        self._context = context

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
            try:
                if await self._encrypt(reader, writer):
                    self.encrypted += 1
                    await self._pass_on(reader, writer)
                else:
                    self.refused += 1
            finally:
                writer.close()

    async def _encrypt(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        asked = await reader.readexactly(8)
        if asked == GSS_REQUEST:
            writer.write(b"N")
            asked = await reader.readexactly(8)
        if asked != SSL_REQUEST:
            return False
        writer.write(b"S")
        await writer.drain()
        await writer.start_tls(self._context)
        return True

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        database_reader, database_writer = await asyncio.open_connection(HOST, self._database_port)
        try:
            await asyncio.gather(copy(reader, database_writer), copy(database_reader, writer))
        finally:
            database_writer.close()


async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Everything that comes, until it ends."""
    with suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()


@contextmanager
def tls_front(database_port: int, folder: Path) -> Iterator[TlsFront]:
    """On a free port, in a thread, with a certificate made now; `folder` gets the authority's, authority.pem."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", HOST).configure_cert(context)
    front = TlsFront(database_port, context)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(front.connect, HOST, 0))
    front.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield front
    finally:
        asyncio.run_coroutine_threadsafe(end(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def end(server: asyncio.Server) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
