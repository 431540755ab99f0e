"""The document's source on a laptop: a server of one PDF, `python -m infra.local.source --port 8081 --pdf handoff.pdf`.

On AWS the source is somebody else's server; here it is this one, so that the whole way is walked with no network.
"""

from __future__ import annotations

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copyfileobj
from typing import Any

from infra.local.errors import PdfError
from infra.local.ports import leads_nowhere_else

DEFAULT_PDF = Path(__file__).with_name("handoff.pdf")
PATH = "/source"


def check_pdf(file: Path) -> Path:
    """The absolute path of a readable PDF. Raises PdfError, in words for the person who named it."""
    try:
        found = file.expanduser()
        with found.open("rb") as opened:
            start = opened.read(5)
    except RuntimeError as error:  # pathlib's, of a ~ that it cannot expand
        raise PdfError(f"PDF={file}: the home that {file.parts[0]} stands for is not known.") from error
    except OSError as error:
        raise PdfError(f"PDF={file}: {error.strerror}.") from error
    if start != b"%PDF-":
        raise PdfError(f"PDF={file} is not a PDF: it does not begin with %PDF-.")
    return found.resolve()


def make_server(port: int, file: Path) -> ThreadingHTTPServer:
    """GET and HEAD of PATH answer with the file, read anew each time; anything else is 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not leads_nowhere_else(self.headers.get("Host", "")):
                self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
                return
            if self.path != PATH:
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            with file.open("rb") as opened:
                self.send_response(HTTPStatus.OK)
                self.send_header("content-type", "application/pdf")
                self.send_header("content-length", str(file.stat().st_size))
                self.end_headers()
                if self.command == "GET":
                    copyfileobj(opened, self.wfile)

        do_HEAD = do_GET  # noqa: N815 (the base class's way)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing: the caller's own log says what it fetched."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)
