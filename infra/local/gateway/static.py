"""The page: the files of frontend/, as CloudFront serves them from the page's bucket (infra/frontend.yaml)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import urlsplit

from infra.local.gateway.answer import Answer, Headers

# {token_origin}: where people sign in, the one other origin that the page asks.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self' {token_origin}; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
SECURITY_HEADERS = {
    "content-security-policy": POLICY.replace(" {token_origin}", ""),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".yaml": "application/yaml",
}


class Page:
    """Files are read anew whenever they change, so that a developer sees an edit at the next reload."""

    def __init__(self, folder: Path, token_url: str = "") -> None:
        """token_url: of the OpenID provider, where one can sign in."""
        self._folder = folder.resolve()
        self._security = security_headers(token_url)
        self._known: dict[Path, tuple[int, bytes, str]] = {}

    def answer(self, method: str, path: str, if_none_match: str) -> Answer:
        """path: decoded, beginning with a slash."""
        if method not in ("GET", "HEAD"):
            return self._text(405, "Only GET and HEAD are for files.", (b"allow", b"GET, HEAD"))
        file = self._find(path)
        if file is None:
            return self._text(404, "There is no such page.")
        body, etag = self._read(file)
        headers = [(b"etag", etag.encode()), (b"cache-control", b"no-cache"), *self._security]
        if if_none_match == "*" or etag in (tag.strip().removeprefix("W/") for tag in if_none_match.split(",")):
            return Answer(304, headers, b"")
        headers += [(b"content-type", CONTENT_TYPES[file.suffix].encode()), (b"content-length", b"%d" % len(body))]
        return Answer(200, headers, b"" if method == "HEAD" else body)

    def _find(self, path: str) -> Path | None:
        """A file below the folder with a type we know, by its real path: neither `..` nor a link leads out."""
        if "\0" in path:
            return None
        file = (self._folder / (path.lstrip("/") or "index.html")).resolve()
        inside = file.is_relative_to(self._folder) and not any(
            part.startswith(".") for part in file.relative_to(self._folder).parts
        )
        try:
            return file if inside and file.suffix in CONTENT_TYPES and file.is_file() else None
        except OSError:  # a name longer than the file system has
            return None

    def _read(self, file: Path) -> tuple[bytes, str]:
        changed = file.stat().st_mtime_ns
        known = self._known.get(file)
        if known is None or known[0] != changed:
            body = file.read_bytes()
            known = self._known[file] = (changed, body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
        return known[1], known[2]

    def _text(self, status: int, sentence: str, *headers: tuple[bytes, bytes]) -> Answer:
        content_type = (b"content-type", CONTENT_TYPES[".txt"].encode())
        return Answer(status, [content_type, *headers, *self._security], sentence.encode() + b"\n")


def security_headers(token_url: str = "") -> Headers:
    headers = dict(SECURITY_HEADERS)
    if token_url:
        parts = urlsplit(token_url)
        headers["content-security-policy"] = POLICY.format(token_origin=f"{parts.scheme}://{parts.netloc}")
    return [(name.encode(), value.encode()) for name, value in headers.items()]
