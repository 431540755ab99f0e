"""S3 for tests: moto behind a layer that admits what Amazon would, since moto looks at no signature and no time.

The layer's own signature is written from https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
and shares no line with the storage provider's; test_strict_s3.py holds it to botocore's.
"""

import hashlib
import hmac
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SESSION_TOKEN = "a/session+token=="
REGION = "eu-central-1"

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class RefusedError(Exception):
    """What Amazon would refuse; its message is the error code."""


class StrictS3:
    """A WSGI layer that checks signature, method, key, headers, payload and time, then asks the application below."""

    skew: ClassVar = timedelta(minutes=15)

    def __init__(self, application: Application) -> None:
        self._application = application
        self._now: datetime | None = None
        self.requests: list[tuple[str, str]] = []  # method, path with query

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name in {"CONTENT_TYPE", "CONTENT_LENGTH"}
        }
        target = environ["REQUEST_URI"]
        self.requests.append((environ["REQUEST_METHOD"], target))
        try:
            self.check(environ["REQUEST_METHOD"], target, headers, body)
        except RefusedError as error:
            start_response("403 Forbidden", [("Content-Type", "application/xml")])
            return [f"<Error><Code>{error}</Code><Message>refused</Message></Error>".encode()]
        return self._application(environ, start_response)

    @contextmanager
    def at(self, now: datetime) -> Iterator[None]:
        """Move the store's clock for a while."""
        self._now = now
        try:
            yield
        finally:
            self._now = None

    def check(self, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        """Raise RefusedError for a request that Amazon would refuse; `headers` in lower case."""
        path, _, raw_query = target.partition("?")
        query = parse_qsl(raw_query, keep_blank_values=True)
        given = dict(query)
        if len(given) != len(query):
            raise RefusedError("InvalidRequest")
        if "X-Amz-Signature" in given and "authorization" not in headers:
            signed = self._from_query(given)
            query = [(name, value) for name, value in query if name != "X-Amz-Signature"]
            payload = "UNSIGNED-PAYLOAD"
        elif "authorization" in headers:
            signed = self._from_header(headers)
            payload = headers.get("x-amz-content-sha256", "")
            if payload != hashlib.sha256(body).hexdigest():
                raise RefusedError("XAmzContentSHA256Mismatch")
        else:
            raise RefusedError("AccessDenied")
        names = signed["headers"].split(";")
        # What Amazon insists on: the host, and every header of its own.
        if "host" not in names or any(name.startswith("x-amz-") and name not in names for name in headers):
            raise RefusedError("AccessDenied")
        canonical_query = "&".join(f"{name}={value}" for name, value in sorted((_q(n), _q(v)) for n, v in query))
        canonical_headers = "".join(f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in names)
        canonical = "\n".join([method, path, canonical_query, canonical_headers, signed["headers"], payload])
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        key = b"AWS4" + SECRET_KEY.encode()
        for part in signed["scope"].split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        to_sign = f"AWS4-HMAC-SHA256\n{signed['date']}\n{signed['scope']}\n{digest}"
        if hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest() != signed["signature"]:
            raise RefusedError("SignatureDoesNotMatch")

    def _from_query(self, given: dict[str, str]) -> dict[str, str]:
        try:
            signed_at, seconds = _time(given["X-Amz-Date"]), int(given["X-Amz-Expires"])
            if given["X-Amz-Algorithm"] != "AWS4-HMAC-SHA256" or not 1 <= seconds <= 604800:
                raise RefusedError("AuthorizationQueryParametersError")
            self._check_token(given.get("X-Amz-Security-Token"))
            signed = {
                "scope": self._scope(given["X-Amz-Credential"], given["X-Amz-Date"]),
                "date": given["X-Amz-Date"],
                "headers": given["X-Amz-SignedHeaders"],
                "signature": given["X-Amz-Signature"],
            }
        except (KeyError, ValueError):
            raise RefusedError("AuthorizationQueryParametersError") from None
        if not signed_at - self.skew <= self._clock() < signed_at + timedelta(seconds=seconds):
            raise RefusedError("AccessDenied")
        return signed

    def _from_header(self, headers: dict[str, str]) -> dict[str, str]:
        said = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})",
            headers["authorization"],
        )
        try:
            date = headers["x-amz-date"]
            signed_at = _time(date)
        except (KeyError, ValueError):
            raise RefusedError("AccessDenied") from None
        if said is None:
            raise RefusedError("AuthorizationHeaderMalformed")
        if abs(self._clock() - signed_at) > self.skew:
            raise RefusedError("RequestTimeTooSkewed")
        self._check_token(headers.get("x-amz-security-token"))
        return {"scope": self._scope(said[1], date), "date": date, "headers": said[2], "signature": said[3]}

    def _scope(self, credential: str, date: str) -> str:
        access_key, _, scope = credential.partition("/")
        if access_key != ACCESS_KEY:
            raise RefusedError("InvalidAccessKeyId")
        if scope != f"{date[:8]}/{REGION}/s3/aws4_request":
            raise RefusedError("AuthorizationHeaderMalformed")
        return scope

    def _check_token(self, token: str | None) -> None:
        if token not in {None, SESSION_TOKEN}:
            raise RefusedError("InvalidToken")

    def _clock(self) -> datetime:
        return self._now or datetime.now(UTC)


@contextmanager
def strict_s3() -> Iterator[tuple[StrictS3, str]]:
    """Serve S3 on a free port; give the layer and its URL."""
    layer = StrictS3(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, layer, threaded=True, request_handler=_Quiet)
    server.daemon_threads = False  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield layer, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


def _q(text: str) -> str:
    return quote(text, safe="-_.~")


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
