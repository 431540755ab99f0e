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


def check_installed(choice: str = "STORAGE_PROVIDER=s3") -> None:
    """Raises LocalError naming the choice that needs it."""
    if not find_spec("moto"):
        raise LocalError(f"{choice} needs packages that `make dev {choice}` installs.")


def serve(port: int, bucket: str) -> None:
    """Until it is ended; the bucket is there before the first request."""
    # Imported on use: the check above must work without them.
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server
    from werkzeug.test import Client

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it logs paths with their signatures
    application = closed_to_pages(DomainDispatcherApplication(create_backend_app))
    made = Client(application).put(f"/{bucket}", base_url=f"http://{HOST}:{port}")
    assert made.status_code == 200, made.status
    make_server(HOST, port, application, threaded=True).serve_forever()


def closed_to_pages(application: Any) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    """moto lets every page in the browser read, write and reset everything: only a person's own download may pass.

    A browser says that a page's script or form is asking by Origin, or by Sec-Fetch-Mode: https://www.w3.org/TR/fetch-metadata/
    """

    def checked(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        known = leads_nowhere_else(environ.get("HTTP_HOST", ""))
        by_page = "HTTP_ORIGIN" in environ or environ.get("HTTP_SEC_FETCH_MODE", "navigate") != "navigate"
        reading = environ["REQUEST_METHOD"] in ("GET", "HEAD") or "HTTP_SEC_FETCH_MODE" not in environ
        if not known or by_page or not reading or environ["PATH_INFO"].startswith("/moto-api"):
            start_response("421 Misdirected Request", [])
            return []
        answer: Iterable[bytes] = application(environ, start_response)
        return answer

    return checked
