"""An S3 of this machine's: `python -m infra.local.s3 --port 9000 --bucket handoff-files`, on moto's server.

It speaks S3's protocol, keeps its objects in memory, and asks nobody for a signature.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import Any

from infra.local.errors import LocalError
from infra.local.ports import HOST, leads_nowhere_else

BUCKET = "handoff-files"

# What the AWS SDK reads, beside the address. A laptop's own profile must not be asked.
ACCESS = {
    "AWS_ACCESS_KEY_ID": "handoff",
    "AWS_SECRET_ACCESS_KEY": "handoff",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}


def check_installed() -> None:
    """Raises LocalError."""
    if not find_spec("moto"):
        raise LocalError("STORAGE_PROVIDER=s3 needs packages that `make dev STORAGE_PROVIDER=s3` installs.")


def serve(port: int, bucket: str) -> None:
    """Until it is ended; the bucket is there before the first request."""
    # Imported on use: the check above must work without them.
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server
    from werkzeug.test import Client

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it logs paths with their signatures
    application = only_under_own_names(DomainDispatcherApplication(create_backend_app))
    made = Client(application).put(f"/{bucket}", base_url=f"http://{HOST}:{port}")
    assert made.status_code == 200, made.status
    make_server(HOST, port, application, threaded=True).serve_forever()


def only_under_own_names(application: Any) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    def checked(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if leads_nowhere_else(environ.get("HTTP_HOST", "")):
            answer: Iterable[bytes] = application(environ, start_response)
            return answer
        start_response("421 Misdirected Request", [])
        return []

    return checked
