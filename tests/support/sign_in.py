"""Somebody at the page who signs in, and out."""

from typing import Any

from tests.support.functions import Answer, event, invoke
from tests.support.handoff import Handoff, Person


class Visitor(Person):
    """Keeps the cookie that it is given, as a browser does."""

    def __init__(self, handoff: Handoff, cookie: str | None = None) -> None:
        super().__init__(handoff, cookie)
        self.nonce = str(self.session()["sign_in"]["nonce"])

    def session(self) -> dict[str, Any]:
        answer = self.status("/api/session")
        self._keep(answer)
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json
        return found

    def sign_in(self, token: str, **headers: str) -> Answer:
        answer = self.trigger("POST", "/api/session", headers={"Authorization": f"Bearer {token}", **headers})
        self._keep(answer)
        return answer

    def sign_out(self) -> Answer:
        answer = self.trigger("DELETE", "/api/session")
        self._keep(answer)
        return answer

    def exports(self) -> list[str]:
        """The ids of one's history."""
        return [str(item["id"]) for item in self.status("/api/exports").json["items"]]

    def also(self) -> "Visitor":
        """The same browser's cookie as it is now, in another tab that does not hear of a change."""
        return Visitor(self._handoff, self.cookies[0])

    def _keep(self, answer: Answer) -> None:
        for cookie in answer.cookies:
            pair, *attributes = [part.strip() for part in cookie.split(";")]
            self.cookies = [] if "Max-Age=0" in attributes else [pair]


def new_session(handoff: Handoff, cookies: list[str]) -> Answer:
    return invoke(handoff.status, event("GET", "/api/session", cookies=cookies))
