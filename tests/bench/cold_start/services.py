"""What the functions reach: the database, the store, the queue, the source, and whoever keeps their secrets."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import psycopg
from botocore.config import Config
from botocore.session import Session
from psycopg.rows import dict_row

from infra.local import qstash, s3
from infra.local.ports import free_port
from infra.local.postgres import Postgres
from infra.local.services import Service
from infra.local.source import DEFAULT_PDF
from schema.migrate import migrate
from tests.bench.cold_start.postgres_tls import TlsFront, tls_front
from tests.support.servers import Source, http_server, send

PUBLIC_URL = "https://handoff.example"
PASSWORD = "bench-password-" + "p" * 16


@dataclass
class Destination:
    """Where the queue delivers what trigger published."""

    url: str = ""
    _arrived: set[str] = field(default_factory=set)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers.get("Content-Length", 0))))
        with self._changed:
            self._arrived.add(body["id"])
            self._changed.notify_all()
        send(handler, 200, b"{}")

    def has_got(self, export_id: str) -> bool:
        """Whether the message of a run has arrived, or does within some seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: export_id in self._arrived, timeout=10)


@dataclass(frozen=True)
class Services:
    """Started and ready."""

    folder: Path
    database: psycopg.Connection[dict[str, Any]]
    """The bench's own, beside the front."""
    front: TlsFront
    database_url: str
    """With TLS, as the functions are given it."""
    store_url: str
    queue_url: str
    source: Source
    destination: Destination

    def aws(self, service: str) -> Any:
        """A client of the local AWS."""
        session = Session()
        session.set_credentials("handoff", "handoff", "token")
        config = Config(s3={"addressing_style": "path"})
        return session.create_client(service, region_name="us-east-1", endpoint_url=self.store_url, config=config)


@contextmanager
def services(folder: Path) -> Iterator[Services]:
    """Start them all on free ports; they end with the block, however it ends."""
    logs = folder / "logs"
    postgres = Postgres(folder / "postgres", PASSWORD, log=logs / "postgres.log")
    store = Service("S3", "infra.local.s3", free_port(), [], logs / "s3.log")
    queue = Service("QStash", "infra.local.qstash", free_port(), [], logs / "qstash.jsonl")
    source, destination = Source(body=DEFAULT_PDF.read_bytes()), Destination()
    with ExitStack() as stack:
        for service in (postgres, store, queue):
            stack.callback(service.stop)
            service.start()
        migrate(postgres.url)
        source.url = stack.enter_context(http_server(source.respond)) + "/document"
        destination.url = stack.enter_context(http_server(destination.respond))
        front = stack.enter_context(tls_front(postgres.port, folder))
        connection = stack.enter_context(psycopg.connect(postgres.url, autocommit=True, row_factory=dict_row))
        plain = re.sub(r":\d+/", f":{front.port}/", postgres.url)
        refuse_plain(plain, front)
        yield Services(
            folder,
            connection,
            front,
            f"{plain}?sslmode=verify-full&sslrootcert={folder / 'authority.pem'}",
            store.url,
            queue.url,
            source,
            destination,
        )


def refuse_plain(url: str, front: TlsFront) -> None:
    """Make sure that nothing gets through without TLS."""
    try:
        psycopg.connect(f"{url}?sslmode=disable&gssencmode=disable").close()
    except psycopg.OperationalError:
        assert front.refused == 1
        return
    raise AssertionError("Postgres answered without TLS")


QSTASH = {
    "QSTASH_TOKEN": qstash.DEVELOPMENT_TOKEN,
    "QSTASH_CURRENT_SIGNING_KEY": qstash.DEVELOPMENT_CURRENT_SIGNING_KEY,
    "QSTASH_NEXT_SIGNING_KEY": qstash.DEVELOPMENT_NEXT_SIGNING_KEY,
}
BUCKET = s3.BUCKET
