"""An SQS of this machine's: `python -m infra.local.sqs --port 9324`, on moto's server.

It speaks SQS's protocol, keeps its messages in memory, and asks nobody for a signature. Its two queues are as
template.yaml has them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml

from infra.local.gateway.tags import Loader
from infra.local.ports import HOST
from infra.local.s3 import ACCESS, closed_to_pages

QUEUE, DEAD_LETTERS = "JobQueue", "DeadLetterQueue"
"""As template.yaml names them."""
ACCOUNT, REGION = "123456789012", ACCESS["AWS_DEFAULT_REGION"]
TEMPLATE = Path(__file__).parents[3] / "template.yaml"


def queue_url(server: str, name: str) -> str:
    return f"{server}/{ACCOUNT}/{name}"


def serve(port: int) -> None:
    """Until it is ended; the queues are there before the first request."""
    # Imported on use: what asks whether they are installed must work without them.
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = DomainDispatcherApplication(create_backend_app)
    make_queues(application, f"http://{HOST}:{port}")
    make_server(HOST, port, closed_to_browsers(application), threaded=True).serve_forever()


def make_queues(application: Any, server: str) -> None:
    from werkzeug.test import Client

    client = Client(application)
    for name in (DEAD_LETTERS, QUEUE):
        made = client.post(
            "/",
            base_url=server,
            json={"QueueName": name, "Attributes": queue_attributes(name)},
            headers={
                "Content-Type": "application/x-amz-json-1.0",
                "X-Amz-Target": "AmazonSQS.CreateQueue",
                "Authorization": f"AWS4-HMAC-SHA256 Credential=any/20260101/{REGION}/sqs/aws4_request",
            },
        )
        assert made.status_code == 200, made.text


def queue_attributes(name: str) -> dict[str, str]:
    """Of template.yaml: what it says literally, and where the dead letters go."""
    properties = yaml.load(TEMPLATE.read_text(), Loader=Loader)["Resources"][name]["Properties"]  # noqa: S506 # nosec B506
    attributes = {key: str(value).lower() for key, value in properties.items() if not isinstance(value, dict)}
    if redrive := properties.get("RedrivePolicy"):
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{DEAD_LETTERS}"
        attributes["RedrivePolicy"] = json.dumps({**redrive, "deadLetterTargetArn": arn})
    return attributes


def closed_to_browsers(application: Any) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    """Not even a person's own visit may pass, unlike with files: SQS takes commands by GET too."""
    closed = closed_to_pages(application)

    def checked(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if "HTTP_SEC_FETCH_MODE" in environ or environ["REQUEST_METHOD"] != "POST":
            start_response("421 Misdirected Request", [])
            return []
        return closed(environ, start_response)

    return checked
