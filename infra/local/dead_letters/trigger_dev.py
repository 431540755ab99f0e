"""The runs of our task that failed: https://trigger.dev/docs/management/runs/list

Trigger.dev keeps a run whatever became of it, so one that is seen to gets a tag, and is listed no more.
"""

import base64
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from handoff.jobs.queues.trigger_dev import TASK
from handoff.settings import SETTINGS
from infra.local.dead_letters.base import DeadLetter, DeadLetters, unknown
from infra.local.dead_letters.http import Api

ENDED_BADLY = ("FAILED", "CRASHED", "SYSTEM_FAILURE", "TIMED_OUT", "EXPIRED")
"""https://trigger.dev/docs/runs"""
SEEN_TO = "handoff-seen-to"
PERIOD = "30d"
"""Without one the API lists those of a week."""


class TriggerDevDeadLetters(DeadLetters):
    needs = ("TRIGGER_SECRET_KEY",)

    def __init__(self, settings: Mapping[str, str]) -> None:
        url = settings.get("TRIGGER_URL") or SETTINGS["TRIGGER_URL"].default or ""
        self._api = Api(url, settings["TRIGGER_SECRET_KEY"])

    def all(self) -> list[DeadLetter]:
        return [self.get(run["id"]) for run in reversed(list(self._runs())) if SEEN_TO not in run["tags"]]

    def get(self, letter_id: str) -> DeadLetter:
        """https://trigger.dev/docs/management/runs/retrieve"""
        run = self._api.get(f"/api/v3/runs/{quote(letter_id, safe='')}")
        if run is None or run["status"] not in ENDED_BADLY:
            raise unknown(letter_id)
        payload = run.get("payload") or {}  # a large one is elsewhere
        return DeadLetter(
            id=run["id"],
            created_at=datetime.fromisoformat(run["createdAt"]),
            method=payload.get("method", "?"),
            url=payload.get("url", "?"),
            body=_body(payload),
            reason=_reason(run),
        )

    def retry(self, letter_id: str) -> None:
        """https://trigger.dev/docs/management/runs/replay: another run, with the same payload."""
        self.get(letter_id)
        self._api.post(f"/api/v1/runs/{quote(letter_id, safe='')}/replay")
        self._see_to(letter_id)

    def drop(self, letter_id: str) -> None:
        self.get(letter_id)
        self._see_to(letter_id)

    def _see_to(self, letter_id: str) -> None:
        """https://trigger.dev/docs/management/runs/add-tags"""
        self._api.post(f"/api/v1/runs/{quote(letter_id, safe='')}/tags", {"tags": [SEEN_TO]})

    def _runs(self) -> Iterator[Any]:
        """Newest first, page by page."""
        query = {
            "filter[status]": ",".join(ENDED_BADLY),
            "filter[taskIdentifier]": TASK,
            "filter[createdAt][period]": PERIOD,
            "page[size]": "100",
        }
        after: str | None = ""
        while after is not None:
            page = self._api.get("/api/v1/runs", {**query, **({"page[after]": after} if after else {})})
            yield from page["data"]
            after = (page.get("pagination") or {}).get("next") or None


def _body(payload: Mapping[str, Any]) -> str:
    """A report's is text."""
    body = str(payload.get("body", ""))
    return base64.b64decode(body).decode("utf-8", "replace") if payload.get("bodyEncoding") == "base64" else body


def _reason(run: Mapping[str, Any]) -> str:
    error = run.get("error") or {}
    return str(error.get("message") or run["status"].lower())
