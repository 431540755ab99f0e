"""Answers that stand in the service's way, as API Gateway, a firewall and the service itself give them."""

import json
import time
from collections.abc import Iterable
from typing import Any

from playwright.sync_api import Request, Route

from tests.browser.tab import Tab

Answer = dict[str, Any]

SESSION = "**/api/session"
HISTORY = "**/api/exports?*"
EXPORTS = "**/api/exports"
EXPORT = "**/api/exports/*"
GENERATIONS = "**/api/generations"
FAILURES = "**/events/failures?*"
TIMELINE = "**/api/calls/timeline?*"

REFERENCE = "7f3a1c9e-0000-4000-8000-000000000000"
REF = "Ref 7f3a1c9e"
"""As the page shows it."""


def problem(code: str, status: int, title: str) -> Answer:
    body = {"type": f"urn:handoff:problem:{code}", "title": title, "status": status, "reference": REFERENCE}
    return {"status": status, "content_type": "application/problem+json", "body": json.dumps(body)}


BUG = problem("internal", 500, "Something went wrong on our side")
CROSS_SITE = problem("cross-site", 403, "Not allowed from there")
DATABASE_DOWN = problem("database-unavailable", 503, "Not available right now")
FORBIDDEN: Answer = {"status": 403, "content_type": "text/html", "body": "<h1>403 Forbidden</h1>"}
FUNCTION_CRASHED: Answer = {"status": 500, "json": {"message": "Internal Server Error"}}
GATEWAY_TIMEOUT: Answer = {"status": 504, "content_type": "text/html", "body": "<h1>504 Gateway Timeout</h1>"}
THROTTLED: Answer = {"status": 429, "json": {"message": "Too Many Requests"}}
"""By API Gateway's own limit: no problem+json, and no wait is named."""


def throttled_for(seconds: int) -> Answer:
    return {**THROTTLED, "headers": {"Retry-After": str(seconds)}}


class Gate:
    """Stands before a path: gives its own answers, as many as there are, and then the service's."""

    def __init__(self, tab: Tab, url: str, answers: Iterable[Answer], *, method: str = "GET") -> None:
        self.requests: list[Request] = []
        self.times: list[float] = []
        self._answers = iter(answers)
        self._method = method
        tab.page.route(url, self._pass)

    def open(self) -> None:
        self._answers = iter(())

    def _pass(self, route: Route) -> None:
        if route.request.method != self._method:
            return route.fallback()
        self.requests.append(route.request)
        self.times.append(time.monotonic())
        answer = next(self._answers, None)
        return route.fulfill(**answer) if answer else route.continue_()
