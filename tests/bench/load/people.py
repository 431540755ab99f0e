"""What the simulated people do, each with a session of their own, and what is wrong with an answer they get."""

import hashlib
import json
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import aiohttp

WAIT_SECONDS = 20
"""What the page asks for while an export is made."""
HOLD_SECONDS = 1
"""What a wait asks for where nothing will change: so much of its time is the server's to hold, and is taken off."""
GIVE_UP_SECONDS = 40.0


class WrongAnswerError(Exception):
    """What came was not what it should be; the message is the kind that is counted."""


@dataclass
class Person:
    """Somebody whose export is ready. etag: of the last representation they were given."""

    cookie: str
    export_id: str
    etag: str


@dataclass
class People:
    """digest: of the document that every export must be. changes: seconds from an export's end to a waiter's answer."""

    http: aiohttp.ClientSession
    page: str
    digest: str
    persons: list[Person] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)
    requests: int = 0

    @property
    def kinds(self) -> Mapping[str, Callable[[], Awaitable[float]]]:
        """By kind of arrival what is done; it answers with the seconds that the server was asked to hold."""
        return {"read": self.read, "unchanged": self.read_unchanged, "wait": self.wait, "export": self.export}

    async def read(self) -> float:
        """The whole representation."""
        person = self._somebody()
        status, headers, body = await self._get(person)
        expect(status == 200 and json.loads(body)["state"] == "ready", f"read: {status}")
        person.etag = headers["ETag"]
        return 0.0

    async def read_unchanged(self) -> float:
        """304 to who has it; where a link has ended since, the new one."""
        person = self._somebody()
        await self._conditional(person, "read unchanged")
        return 0.0

    async def wait(self) -> float:
        """Held until the time is up, or answered early because a link ended: then nothing is taken off."""
        held = not await self._conditional(self._somebody(), "wait", {"Prefer": f"wait={HOLD_SECONDS}"})
        return float(HOLD_SECONDS) if held else 0.0

    async def export(self) -> float:
        """All that a person does for a file: session, request, wait, download; then they are one of those who read."""
        status, headers, _ = await self._request("GET", "/api/session")
        expect(status == 200, f"session: {status}")
        cookie = headers["Set-Cookie"].partition(";")[0]
        own = {"Cookie": cookie, "Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
        status, _, body = await self._request("POST", "/api/exports", own, b"{}")
        expect(status == 202, f"request: {status}")
        person = Person(cookie, json.loads(body)["id"], "")
        export = await self._until_ended(person)
        expect(export["state"] == "ready", f"export {export['state']}")
        status, _, file = await self._request("GET", "/download/" + export["links"][0]["url"].rpartition("/")[2])
        expect(status == 200, f"download: {status}")
        expect(hashlib.sha256(file).hexdigest() == self.digest, "download: other bytes")
        self.persons.append(person)
        return 0.0

    async def _conditional(self, person: Person, what: str, headers: Mapping[str, str] = {}) -> bool:
        """Asks with the ETag that is known; whether another one came."""
        known = person.etag  # another request of theirs may learn a newer one meanwhile
        status, told, _ = await self._get(person, {"If-None-Match": known, **headers})
        changed = told.get("ETag") != known
        expect(status == (200 if changed else 304), f"{what}: {status}")
        person.etag = told["ETag"]
        return changed

    async def _until_ended(self, person: Person) -> dict[str, Any]:
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < deadline:
            asked = {"Prefer": f"wait={WAIT_SECONDS}", **({"If-None-Match": person.etag} if person.etag else {})}
            waited = bool(person.etag)
            status, headers, body = await self._get(person, asked)
            expect(status in (200, 304), f"wait for the end: {status}")
            person.etag = headers["ETag"]
            export: dict[str, Any] = json.loads(body) if body else {"state": "queued"}
            if export["state"] not in ("queued", "running"):
                if waited:
                    self.changes.append(time.time() - datetime.fromisoformat(export["ended_at"]).timestamp())
                return export
        raise WrongAnswerError("export never ended")

    def _somebody(self) -> Person:
        return random.choice(self.persons)

    async def _get(self, person: Person, headers: Mapping[str, str] = {}) -> tuple[int, Mapping[str, str], bytes]:
        return await self._request("GET", f"/api/exports/{person.export_id}", {"Cookie": person.cookie, **headers})

    async def _request(
        self, method: str, path: str, headers: Mapping[str, str] = {}, body: bytes | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        self.requests += 1
        async with self.http.request(method, self.page + path, headers=headers, data=body) as answer:
            return answer.status, answer.headers, await answer.read()


def expect(is_right: bool, otherwise: str) -> None:
    if not is_right:
        raise WrongAnswerError(otherwise)


def kind_of(error: BaseException) -> str:
    """What a failure is counted as."""
    if isinstance(error, WrongAnswerError):
        return str(error)
    return "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
