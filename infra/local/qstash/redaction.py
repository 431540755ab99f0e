"""Upstash-Redact-Fields: what the API shows as REDACTED:<SHA256>; deliveries still carry the original.

https://upstash.com/docs/qstash/howto/redact-fields : the page writes `header` and `headers`, the SDKs `header`.
"""

import hashlib
import re
from dataclasses import dataclass

from infra.local.qstash.errors import InvalidRequestError
from infra.local.qstash.headers import Headers

_FIELD = re.compile(r"(?P<what>body|headers?)(?:\[(?P<name>[^\[\]]+)\])?", re.IGNORECASE)


@dataclass(frozen=True)
class Redaction:
    """Which fields of a message are private. Header names are lower case."""

    body: bool = False
    all_headers: bool = False
    headers: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str | None) -> "Redaction":
        """From "body, header[Authorization]"; InvalidRequestError for any other field."""
        body, all_headers, names = False, False, set()
        for field in filter(None, (part.strip() for part in (text or "").split(","))):
            match = _FIELD.fullmatch(field)
            if match is None or (match["what"].lower() == "body" and match["name"]):
                raise InvalidRequestError(f"invalid Upstash-Redact-Fields: {field!r}")
            if match["what"].lower() == "body":
                body = True
            elif match["name"]:
                names.add(match["name"].strip().lower())
            else:
                all_headers = True
        return cls(body, all_headers, frozenset(names))

    def header(self, headers: Headers) -> dict[str, list[str]]:
        """`headers` as the API may show them."""
        return {
            name: [_hidden(value.encode("latin-1", "replace")) for value in values]
            if self.all_headers or name in self.headers
            else list(values)
            for name, values in headers.items()
        }

    def hidden_body(self, body: bytes) -> str | None:
        """The text to show in the body's place, or None when it is public."""
        return _hidden(body) if self.body else None


def _hidden(value: bytes) -> str:
    return f"REDACTED:{hashlib.sha256(value).hexdigest()}"
