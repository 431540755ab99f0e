"""Nobody goes past CloudFront: it sends a secret with each request that it passes on, and no other is answered."""

from collections.abc import Callable, Sequence
from hmac import compare_digest
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from handoff.errors import DirectRequestError
from handoff.web.problems import handle_handoff_error

if TYPE_CHECKING:
    from handoff.settings import Settings

HEADER = "x-origin-secret"
"""CloudFront replaces a visitor's own:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html"""


def origin_secrets(settings: "Settings") -> tuple[str, ...]:
    """Those that are accepted; none where the function is asked directly, as on a laptop."""
    return tuple(filter(None, (settings["ORIGIN_SECRET"], settings["ORIGIN_SECRET_NEXT"])))


class ThroughOrigin:
    """Answers 403 to what has none of `secrets`, where there are any; at `signed` paths a signature says who asks."""

    def __init__(self, app: ASGIApp, secrets: Callable[[], Sequence[str]], signed: Callable[[str], bool]) -> None:
        self._app = app
        self._secrets = secrets
        self._signed = signed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        accepted = self._secrets()
        request = Request(scope)
        if not accepted or self._signed(scope["path"]) or has_any(request.headers.get(HEADER, ""), accepted):
            await self._app(scope, receive, send)
        else:
            answer = await handle_handoff_error(request, DirectRequestError())
            await answer(scope, receive, send)


def has_any(given: str, accepted: Sequence[str]) -> bool:
    """Whether it is one of them. How long that takes tells nothing of how much of it is right, nor of which it is."""
    alike = [compare_digest(given.encode(), each.encode()) for each in accepted]
    return True in alike
