"""The page over https on this machine, with the very headers that infra/frontend.yaml has CloudFront add."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import trustme

from infra.deploy.page import ALWAYS_FRESH, is_of_page
from infra.local.gateway.static import CONTENT_TYPES
from tests.infra.cloudformation import ROOT, Template, page_policy

TOKEN = "https://handoff-1.auth.eu-central-1.amazoncognito.com"
FILES = "https://handoff-files.s3.eu-central-1.amazonaws.com"
"""With these the policy lets through the most that it ever does."""
FOLDER = ROOT / "frontend"


def headers() -> dict[str, str]:
    """What CloudFront makes of the response headers policy.

    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
    """
    template = Template("infra/frontend.yaml")
    policy = template.properties("PageHeaders")["ResponseHeadersPolicyConfig"]
    security = policy["SecurityHeadersConfig"]
    transport = security["StrictTransportSecurity"]
    found = {item["Header"]: item["Value"] for item in policy["CustomHeadersConfig"]["Items"]}
    found |= {
        "Content-Security-Policy": page_policy(template, TOKEN, FILES),
        "Strict-Transport-Security": f"max-age={transport['AccessControlMaxAgeSec']}"
        + ("; includeSubDomains" if transport["IncludeSubdomains"] else "")
        + ("; preload" if transport.get("Preload") else ""),
        "X-Frame-Options": security["FrameOptions"]["FrameOption"],
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
    }
    return found | ({"X-Content-Type-Options": "nosniff"} if "ContentTypeOptions" in security else {})


class OverHttps(BaseHTTPRequestHandler):
    added = headers()

    def do_GET(self) -> None:
        path = FOLDER / (self.path.partition("?")[0].lstrip("/") or "index.html")
        if is_of_page(path, FOLDER):
            self._answer(200, path.read_bytes(), CONTENT_TYPES[path.suffix])
        else:
            self._answer(404, b"", "application/xml")

    def do_OPTIONS(self) -> None:
        """Not among AllowedMethods."""
        self._answer(403, b"", "text/html")

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        for name, value in {"Cache-Control": ALWAYS_FRESH, **self.added}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class OverHttp(OverHttps):
    """redirect-to-https."""

    def do_GET(self) -> None:
        self.send_response(301)
        self.send_header("Location", f"https://{self.headers['Host']}{self.path}")
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextmanager
def served(host: str, folder: Path) -> Iterator[tuple[int, int, Path]]:
    """The ports of https and http, and a file with who vouches for the host."""
    authority, vouches = trustme.CA(), folder / "authority.pem"
    authority.cert_pem.write_to_path(vouches)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(host).configure_cert(context)
    with ExitStack() as ending:
        ports = []
        for handler in (OverHttps, OverHttp):
            server = ending.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), handler))
            if handler is OverHttps:
                server.socket = context.wrap_socket(server.socket, server_side=True)
            Thread(target=server.serve_forever, daemon=True).start()
            ending.callback(server.shutdown)
            ports.append(server.server_port)
        yield ports[0], ports[1], vouches
