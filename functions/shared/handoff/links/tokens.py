"""A link's token is derived, never stored: whoever reads the database cannot download.

It is base64url of: 3 bytes that name the key, the link's id (16), HMAC-SHA256 of the id under that key (32). That is 51
bytes, which base64 writes without spare bits, so each token has exactly one spelling.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from uuid import UUID

KEY_NAME = slice(0, 3)
LINK_ID = slice(3, 19)
MAC = slice(19, 51)
TOKEN_CHARACTERS = 68


class LinkTokens:
    """Makes tokens with the first key and accepts those of every key, so that keys can be rotated."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = {_key_name(key): key.encode() for key in reversed(keys)}
        self._current = keys[0].encode()
        self._current_name = _key_name(keys[0])

    def token(self, link_id: UUID) -> str:
        """The secret part of the link's URL."""
        raw = self._current_name + link_id.bytes + _mac(self._current, b"link", link_id)
        return base64.urlsafe_b64encode(raw).decode()

    def link_id(self, token: str) -> UUID | None:
        """The link that a token stands for, or None if it is not one of ours."""
        if len(token) != TOKEN_CHARACTERS or not token.isascii():
            return None
        try:
            raw = base64.b64decode(token, altchars=b"-_", validate=True)
        except binascii.Error:
            return None
        key = self._keys.get(raw[KEY_NAME])
        if len(raw) != MAC.stop or key is None:
            return None
        if base64.urlsafe_b64encode(raw).decode() != token:
            return None  # Python's decoder also takes + for - and / for _
        link_id = UUID(bytes=raw[LINK_ID])
        return link_id if hmac.compare_digest(raw[MAC], _mac(key, b"link", link_id)) else None

    def etag(self, file_id: UUID) -> str:
        """A strong ETag that says nothing about the file's bytes, key or source."""
        return f'"{base64.urlsafe_b64encode(_mac(self._current, b"etag", file_id)[:18]).decode()}"'


def _mac(key: bytes, purpose: bytes, subject: UUID) -> bytes:
    return hmac.new(key, purpose + b"\0" + subject.bytes, hashlib.sha256).digest()


def _key_name(key: str) -> bytes:
    return hashlib.sha256(b"handoff key name\0" + key.encode()).digest()[KEY_NAME]
