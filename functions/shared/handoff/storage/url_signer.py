"""URLs that allow one read until a moment, for a store whose files we serve ourselves."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from handoff.storage.errors import SignatureRefusedError

SIGNING_KEY_LENGTH = 32  # characters, at least
_PARAMETERS = {"expires", "filename", "type", "signature"}


@dataclass(frozen=True, slots=True)
class SignedRead:
    """What a signed URL allows: to read one file, as an attachment of this name and type."""

    key: str
    filename: str
    content_type: str


class UrlSigner:
    """Signs {url}/{key}?expires=...&filename=...&type=...&signature=... with HMAC-SHA256, and verifies it.

    `expires` is in milliseconds of Unix time. ValueError for a key of fewer than 32 characters.
    """

    def __init__(self, signing_key: str, url: str) -> None:
        if len(signing_key) < SIGNING_KEY_LENGTH:
            raise ValueError(f"the storage signing key needs at least {SIGNING_KEY_LENGTH} characters")
        self._signing_key = signing_key.encode()
        self._url = url.rstrip("/")

    def sign(self, key: str, signed_at: datetime, seconds: int, filename: str, content_type: str) -> str:
        expires = str(int((signed_at + timedelta(seconds=seconds)).timestamp() * 1000))
        signature = self._signature(key, expires, filename, content_type)
        query = {"expires": expires, "filename": filename, "type": content_type, "signature": signature}
        return f"{self._url}/{key}?{urlencode(query)}"

    def verify(self, key: str, query: Mapping[str, str], now: datetime, method: str) -> SignedRead:
        """Return what the URL allows, or raise SignatureRefusedError; exactly its four parameters may be there."""
        if method not in {"GET", "HEAD"} or set(query) != _PARAMETERS:
            raise SignatureRefusedError
        try:
            expected = self._signature(key, query["expires"], query["filename"], query["type"])
            genuine = hmac.compare_digest(query["signature"].encode(), expected.encode())
        except UnicodeEncodeError:
            raise SignatureRefusedError from None
        if not genuine or now.timestamp() * 1000 >= int(query["expires"]):
            raise SignatureRefusedError
        return SignedRead(key, query["filename"], query["type"])

    def _signature(self, key: str, expires: str, filename: str, content_type: str) -> str:
        # As encoded for a URL no part can run over into the next.
        signed = urlencode({"read": key, "expires": expires, "filename": filename, "type": content_type})
        return hmac.digest(self._signing_key, signed.encode(), "sha256").hex()
