"""The queue itself, without HTTP in front: what each API call does. State is in memory and ends with the process."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from infra.local.qstash import callbacks
from infra.local.qstash.attempt import new_client
from infra.local.qstash.clock import Clock
from infra.local.qstash.courier import Courier
from infra.local.qstash.dead_letters import DeadLetters
from infra.local.qstash.deduplication import Deduplication, deduplication_key
from infra.local.qstash.detours import Detours
from infra.local.qstash.errors import FullError, QStashError
from infra.local.qstash.flow_control import FlowControl
from infra.local.qstash.headers import Headers
from infra.local.qstash.journal import Journal
from infra.local.qstash.message import Message
from infra.local.qstash.pending import Pending
from infra.local.qstash.process_log import address, log
from infra.local.qstash.publication import Publication
from infra.local.qstash.queues import Queues
from infra.local.qstash.schedules import Schedules
from infra.local.qstash.signing import SigningKeys, random_id
from infra.local.qstash.url_groups import UrlGroups


@dataclass(frozen=True)
class Accepted:
    """The answer to a publication."""

    message_id: str
    deduplicated: bool
    url: str | None = None
    """Which endpoint it is for, where the destination was a URL group."""


class Service:
    """One account's queue. Make it inside a running event loop, and `close` it there."""

    def __init__(
        self,
        *,
        token: str,
        keys: SigningKeys,
        clock: Clock,
        readonly_token: str | None = None,
        detours: Detours | None = None,
        keep_retry_after: bool = False,
    ) -> None:
        self.token, self.readonly_token, self.keys, self.clock = token, readonly_token, keys, clock
        self.journal = Journal(clock)
        self.dead_letters = DeadLetters(clock)
        self.queues, self.flow = Queues(clock), FlowControl(clock)
        self.url_groups = UrlGroups(clock)
        self.schedules = Schedules(clock, self._publish_scheduled, lambda name: self.url_groups.find(name) is not None)
        self._pending = Pending(self.journal)
        self._deduplication = Deduplication(clock)
        self._client = new_client(detours or {})
        self._courier = Courier(
            clock=clock,
            keys=keys,
            client=self._client,
            journal=self.journal,
            dead_letters=self.dead_letters,
            queues=self.queues,
            flow=self.flow,
            publish=self._report,
            ended=self._pending.end,
            keep_retry_after=keep_retry_after,
        )

    def publish(self, publication: Publication) -> Accepted | list[Accepted]:
        """Take a publication over and start its delivery; the caller does not wait for it. To a URL group, it becomes a
        message for each endpoint, and a list.

        Raises InvalidRequestError, and FullError where too many messages are on their way; then there is no message.
        """
        group = self.url_groups.find(publication.destination)
        if group is None:
            return self.publish_to_url(publication)
        if not self._pending.fits(len(publication.body) * len(group.endpoints), len(group.endpoints)):
            raise FullError
        copies = group.fan_out(publication)
        return [replace(self.publish_to_url(copy), url=copy.destination) for copy in copies]

    def publish_to_url(self, publication: Publication) -> Accepted:
        """As `publish`, to one URL."""
        message = Message.of(publication, "msg_" + random_id(28), self.clock.milliseconds())
        callbacks.check(message)
        key = deduplication_key(publication)
        if earlier := self._deduplication.earlier(key):
            return Accepted(earlier, deduplicated=True)
        if not self._pending.fits(len(message.body)):
            raise FullError
        self.queues.of(message)
        self._deduplication.remember(key, message.id)
        if message.flow is not None:
            self.flow.configure(message.flow)
        self._pending.start(message, self._courier.carry(message))
        return Accepted(message.id, deduplicated=False)

    def pending(self, message_id: str) -> Message:
        """A message on its way; NotFoundError for any other: "messages are removed shortly after they're delivered".
        https://upstash.com/docs/qstash/api-reference/messages/get-a-message"""
        return self._pending.get(message_id)

    def all_pending(self) -> list[Message]:
        """Every message on its way, oldest first."""
        return list(self._pending)

    @property
    def carried(self) -> int:
        """How many messages something is still done for, canceled ones included."""
        return self._pending.carried

    def cancel(self, messages: Iterable[Message]) -> int:
        """Stop delivering these; an attempt under way is not cut off. Returns how many.
        https://upstash.com/docs/qstash/api-reference/messages/cancel-a-message"""
        return self._pending.cancel(messages)

    def delete_queue(self, name: str) -> None:
        """Forget the queue and cancel what waits for it; nothing where there is none."""
        self.cancel(self.queues.drop(name, self.all_pending()))

    def retry(self, dlq_ids: Iterable[str], overrides: Headers) -> list[Accepted]:
        """Publish dead letters anew, with the Upstash-* headers of `overrides` in place of their own, and forget them.

        NotFoundError if one is missing; then none is retried.
        https://upstash.com/docs/qstash/api-reference/dlq/retry-a-dlq-message
        """
        letters = [self.dead_letters.get(dlq_id) for dlq_id in dict.fromkeys(dlq_ids)]
        accepted = []
        for letter in letters:
            # Its own deduplication id would make it a duplicate of itself; its delay is over.
            again = letter.message.publication.without(
                "upstash-deduplication-id",
                "upstash-content-based-deduplication",
                "upstash-delay",
                "upstash-not-before",
            )
            accepted.append(self.publish_to_url(again.overridden(overrides)))
            self.dead_letters.take(letter.id)
        return accepted

    async def close(self) -> None:
        """Drop every delivery."""
        await self.schedules.close()
        await self._pending.close()
        self.flow.close()
        await self._client.aclose()

    def _publish_scheduled(self, publication: Publication) -> list[Message]:
        accepted = self.publish(publication)
        every = accepted if isinstance(accepted, list) else [accepted]
        return [message for each in every if (message := self._pending.find(each.message_id))]

    def _report(self, publication: Publication) -> Message | None:
        """Publish a callback; one that is refused (no room, options that are not valid) is lost, which is logged."""
        try:
            accepted = self.publish_to_url(publication)
        except QStashError as exc:
            log("callback lost", url=address(publication.destination), error=str(exc))
            return None
        return self._pending.find(accepted.message_id)
