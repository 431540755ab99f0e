"""moto's SQS as a laptop has it, in this process, with a clock that the tests move."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.session import Session
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.sqs import models
from moto.sqs.models import Message, Queue
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from infra.local.sqs import ACCOUNT, DEAD_LETTERS, QUEUE, REGION, closed_to_browsers, make_queues, queue_url

ACCESS_KEY, SECRET_KEY = "AKIACANARYACCOUNT123", "canary-secret-access-key-0123456789"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}


class MotoSqs:
    """`ahead`: how far its clock is before the real one, in seconds."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._application = DomainDispatcherApplication(create_backend_app)
        self._server: BaseWSGIServer = make_server(
            "127.0.0.1", 0, closed_to_browsers(self._application), threaded=True, request_handler=Quiet
        )
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        self.url = queue_url(self.endpoint, QUEUE)
        self.dead_letter_url = queue_url(self.endpoint, DEAD_LETTERS)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def now(self) -> float:
        return time.time() + self.ahead

    def begin(self) -> None:
        """Its two queues, empty, and the real time."""
        self.ahead = 0.0
        models.sqs_backends[ACCOUNT][REGION].reset()
        make_queues(self._application, self.endpoint)

    def client(self) -> Any:
        """The vendor's SDK."""
        session = Session()
        session.set_credentials(ACCESS_KEY, SECRET_KEY)
        return session.create_client("sqs", region_name=REGION, endpoint_url=self.endpoint)

    def messages(self, name: str = QUEUE) -> list[Message]:
        """All that the queue has, visible or not."""
        queue: Queue = models.sqs_backends[ACCOUNT][REGION].queues[name]
        return list(queue._messages)

    @property
    def dead_letters(self) -> list[Message]:
        return self.messages(DEAD_LETTERS)

    def due_in(self) -> list[float]:
        """For each message: how long until it can be received, in seconds."""
        return [max(each.visible_at, each.delayed_until) / 1000 - self.now() for each in self.messages()]

    def skip(self) -> None:
        """To the moment when the next message can be received."""
        if due := self.due_in():
            self.ahead += max(0.0, min(due) + 0.001)

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


@contextmanager
def moto_sqs() -> Iterator[MotoSqs]:
    made = MotoSqs()
    try:
        with (
            patch("moto.sqs.models.unix_time", lambda *_: made.now()),
            patch("moto.sqs.models.unix_time_millis", lambda *_: made.now() * 1000),
        ):
            yield made
    finally:
        made.stop()
