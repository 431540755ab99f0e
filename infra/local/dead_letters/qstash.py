"""QStash's dead letter queue: https://upstash.com/docs/qstash/api-reference/dlq"""

import base64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from handoff.settings import SETTINGS
from infra.local.dead_letters.base import DeadLetter, DeadLetters, unknown
from infra.local.dead_letters.http import Api


class QStashDeadLetters(DeadLetters):
    needs = ("QSTASH_TOKEN",)

    def __init__(self, settings: Mapping[str, str]) -> None:
        url = settings.get("QSTASH_URL") or SETTINGS["QSTASH_URL"].default or ""
        self._api = Api(url, settings["QSTASH_TOKEN"])

    def all(self) -> Iterator[DeadLetter]:
        cursor: str | None = ""
        while cursor is not None:
            page = self._api.get("/v2/dlq", {"order": "earliestFirst", **({"cursor": cursor} if cursor else {})})
            yield from map(_letter, page["messages"])
            cursor = page.get("cursor") or None

    def get(self, letter_id: str) -> DeadLetter:
        return _letter(self._known(self._api.get(self._path(letter_id)), letter_id))

    def retry(self, letter_id: str) -> None:
        self._known(self._api.post(f"/v2/dlq/retry/{quote(letter_id, safe='')}"), letter_id)

    def drop(self, letter_id: str) -> None:
        self._known(self._api.delete(self._path(letter_id)), letter_id)

    def _path(self, letter_id: str) -> str:
        return f"/v2/dlq/{quote(letter_id, safe='')}"

    def _known(self, answer: Any, letter_id: str) -> Any:
        if answer is None:
            raise unknown(letter_id)
        return answer


def _letter(given: Mapping[str, Any]) -> DeadLetter:
    return DeadLetter(
        id=given["dlqId"],
        created_at=datetime.fromtimestamp(given["createdAt"] / 1000, UTC),
        method=given["method"],
        url=given["url"],
        body=_text(given.get("body"), given.get("bodyBase64")),
        status=given.get("responseStatus") or None,  # 0 where nothing answered
        reason=_text(given.get("responseBody"), given.get("responseBodyBase64")),
    )


def _text(plain: str | None, encoded: str | None) -> str:
    return base64.b64decode(encoded).decode("utf-8", "replace") if encoded else plain or ""
