"""Requests to the deployment, and what is said when one is not answered as it should be."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from infra.local.identity.person import lend
from infra.local.terminal import DIM, GREEN, Terminal

Json = dict[str, Any]


class SmokeError(Exception):
    """A step went wrong. The message is for whoever deployed it."""


@dataclass(frozen=True)
class Given:
    """What nobody can have from outside. Each may be missing; then some steps are not taken.

    id_token     of somebody who may sign in, asked for with the nonce of `session`
    session      the value of a session cookie; that of somebody who signed in does without a token
    call_secret  what events of calls are signed with, whsec_…
    """

    id_token: str = ""
    session: str = ""
    call_secret: str = ""


class Client:
    """A visitor of the deployment with cookies of their own."""

    def __init__(self, url: str, out: Terminal, given: Given | None = None) -> None:
        self.url = url.rstrip("/")
        self.out = out
        self.given = given or Given()
        self.http = httpx.Client(base_url=self.url, timeout=40, follow_redirects=False, trust_env=False)
        if self.given.session:
            lend(self.given.session, self.http)

    def close(self) -> None:
        self.http.close()

    @contextmanager
    def another(self) -> Iterator["Client"]:
        """Somebody else."""
        made = Client(self.url, self.out)
        try:
            yield made
        finally:
            made.close()

    def step(self, sentence: str) -> None:
        """What has just been seen to work."""
        self.out.row("ok", sentence, GREEN)

    def skip(self, sentence: str) -> None:
        """What cannot be tried, and why."""
        self.out.row("not tried", sentence, DIM)

    def ask(self, method: str, path: str, *allowed: int, **options: Any) -> httpx.Response:
        """The answer, whose status must be one of those allowed (200 where none is named). Raises SmokeError."""
        try:
            answer = self.http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise SmokeError(f"{method} {_shown(path)}: no answer ({type(error).__name__})") from error
        expected = allowed or (200,)
        if answer.status_code not in expected:
            names = " or ".join(map(str, expected))
            raise SmokeError(f"{method} {_shown(path)}: {answer.status_code} instead of {names}. {_said(answer)}")
        return answer

    def json(self, method: str, path: str, *allowed: int, **options: Any) -> Json:
        """The body of such an answer."""
        answer = self.ask(method, path, *allowed, **options)
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise SmokeError(f"{method} {_shown(path)}: the answer is no JSON object")
        return found


def check(condition: object, sentence: str) -> None:
    """Raises SmokeError with the sentence unless the condition holds."""
    if not condition:
        raise SmokeError(sentence)


def _shown(path: str) -> str:
    """A link's token, and the signature of a store's, are nobody's business, a terminal's neither."""
    start, download, _ = path.partition("/download/")
    shown = start + download + "…" if download else path
    return shown.partition("?")[0] if urlsplit(path).netloc else shown


def _said(answer: httpx.Response) -> str:
    try:
        about = answer.json()
    except ValueError:
        return ""
    if not isinstance(about, dict):
        return ""
    detail = about.get("detail") or about.get("message") or about.get("title") or ""
    return f"{detail} (reference {about['reference']})" if "reference" in about else str(detail)
