"""S3's protocol at the network's edge, as far as a function uses it: what it answers can be changed while it runs.

Whether the provider is right about S3 is for tests/storage; here it is a store that can be slow, wrong or talkative.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler

from tests.support.servers import Respond, send

ACCESS_KEY = "AKIACANARYACCOUNT123"
BUCKET = "canary-bucket-name"
REGION = "eu-canary-1"
RANGE = re.compile(r"bytes=(\d+)-(\d*)")

ERROR = "<Error><Code>{code}</Code><Message>{message}</Message><HostId>canary-host-id</HostId></Error>"


def error(status: int, code: str) -> Respond:
    """S3's way to refuse: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"""

    def respond(handler: BaseHTTPRequestHandler) -> None:
        body = ERROR.format(code=code, message=f"{handler.path} at {handler.headers['Host']}").encode()
        send(handler, status, body, Content_Type="application/xml")

    return respond


@dataclass
class ObjectStore:
    """Objects by path."""

    url: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    """Added to every answer."""
    trouble: Respond | None = None
    """Answers reads in the store's place."""
    write: Callable[[BaseHTTPRequestHandler, bytes], object] = lambda handler, body: handler.wfile.write(body)
    """How the bytes of an object are sent."""
    requests: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What the AWS SDK reads."""
        return {
            "AWS_ENDPOINT_URL_S3": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": "canary-secret-access-key",
            "AWS_SESSION_TOKEN": "canary-session-token",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        self.requests.append(f"{handler.command} {handler.path}")
        self.authorizations.append(handler.headers.get("Authorization", ""))
        path = handler.path.partition("?")[0]
        if handler.command == "PUT":
            self.objects[path] = handler.rfile.read(int(handler.headers["Content-Length"]))
            send(handler, 200, b"", ETag='"stored"', **self.headers)
        elif self.trouble is not None:
            self.trouble(handler)
        elif path not in self.objects:
            error(404, "NoSuchKey")(handler)
        else:
            self._read(handler, self.objects[path])

    def _read(self, handler: BaseHTTPRequestHandler, whole: bytes) -> None:
        asked = RANGE.fullmatch(handler.headers.get("Range", ""))
        start = int(asked[1]) if asked else 0
        part = whole[start : int(asked[2]) + 1 if asked and asked[2] else None]
        handler.send_response(206 if asked else 200)
        if asked:
            handler.send_header("Content-Range", f"bytes {start}-{start + len(part) - 1}/{len(whole)}")
        handler.send_header("Content-Length", str(len(part)))
        handler.send_header("ETag", f'"{md5(whole).hexdigest()}"')
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        self.write(handler, part)
