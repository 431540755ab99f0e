"""Where the story of one documented answer happens: `ask` sends the very request that the answer is documented for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from unittest.mock import patch

from tests.support.api import function_for
from tests.support.deliveries import delivery
from tests.support.functions import Answer, event, invoke
from tests.support.handoff import Handoff, Person
from tests.support.servers import Source

SOME_ID = "00000000-0000-4000-8000-000000000000"
NOWHERE = "postgresql://nobody:nothing@127.0.0.1:1/handoff"


class Gone:
    """Stands where the wiring was: whatever a route reaches for fails as a bug of ours would."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(name)


@dataclass
class Scene:
    """`method` and `path` are those of the contract."""

    handoff: Handoff
    source: Source
    method: str
    path: str

    @cached_property
    def person(self) -> Person:
        """Who has signed in, where that is needed."""
        needs_person = self.path.startswith(("/api/generations", "/api/images"))
        return self.handoff.signed_in() if needs_person else self.handoff.person()

    def ask(
        self,
        *,
        id: str = SOME_ID,
        token: str = "guess",
        carrier: str = "twilio",
        settings: Mapping[str, str] | None = None,
        **request: Any,
    ) -> Answer:
        """The request of a person with a session; `settings` are those of a container that is started for it."""
        path = self.path.format(id=id, token=token, carrier=carrier)
        cookies = request.pop("cookies", self.person.cookies)
        return self._send(path, event(self.method, path, cookies=cookies, **request), settings)

    def deliver(
        self,
        body: bytes,
        *,
        signed: bool = True,
        settings: Mapping[str, str] | None = None,
        id: str = SOME_ID,
        query: str = "",
    ) -> Answer:
        """The request of the queue."""
        path = self.path.format(type="produce_export", provider="openai", id=id) + query
        plain = path.partition("?")[0]
        sent = delivery(path, body) if signed else event(self.method, plain, body=body)
        return self._send(plain, sent, settings)

    def with_a_bug(self, ask: Callable[[], Answer]) -> Answer:
        """What is answered where our own code fails."""
        _ = self.person
        with patch.object(function_for(self.handoff, self.method, self.path), "wiring", Gone()):
            return ask()

    def _send(self, path: str, sent: dict[str, Any], settings: Mapping[str, str] | None) -> Answer:
        function = function_for(self.handoff, self.method, path)
        if settings:
            function = self.handoff.load(function.__name__.partition("_app_")[0], **settings)
        return invoke(function, sent)


Story = Callable[[Scene], Answer]
Triple = tuple[str, str, int]


def each(operations: list[tuple[str, str]], status: int, story: Story) -> dict[Triple, Story]:
    """The same story for several operations."""
    return {(method, path, status): story for method, path in operations}
