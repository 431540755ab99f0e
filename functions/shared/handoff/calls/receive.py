"""Take a carrier's event: verified, understood, handed to the queue. The database is asked only if the queue fails."""

from collections.abc import Mapping
from uuid import uuid4

from handoff.calls.carriers.base import Carrier, Webhook
from handoff.calls.event import to_body
from handoff.errors import NotFoundError
from handoff.jobs.held import HeldMessages
from handoff.jobs.publish import Publisher
from handoff.telemetry import count, logger

JOB_TYPE = "record_call_event"


class CallEvents:
    """The events of the carriers that are set up."""

    def __init__(self, carriers: Mapping[str, Carrier], publisher: Publisher, held: HeldMessages) -> None:
        self._carriers = carriers
        self._publisher = publisher
        self._held = held

    async def take(self, carrier: str, headers: Mapping[str, str], body: bytes, query: str = "") -> None:
        """The request of a carrier, by its name; `headers` have their names in lower case.

        Returns when the event is durably kept: by the queue, or else in the outbox.

        Raises NotFoundError, what Carrier.receive raises, and DatabaseUnavailableError where neither took it: nothing
        of it is left then, and it is taken like a new one when its sender sends it again.
        """
        if carrier not in self._carriers:
            raise NotFoundError("No carrier of that name is set up here.")
        event = self._carriers[carrier].receive(Webhook(headers, body, query))
        # Made anew for each request, and not of the event's id: a queue that remembers ids would swallow what a carrier
        # sends again, though the first may have been given up since. That an event counts once is the database's rule.
        message_id = uuid4()
        message = to_body(event)
        if await self._publisher.send(JOB_TYPE, message, deduplication_id=f"{message_id}-0"):
            logger.info("event queued", carrier=carrier, kind=event.kind, event_id=event.event_id)
            count("CallEventsQueued")
        else:
            self._held.keep(message_id, JOB_TYPE, message)
            logger.warning("event held", carrier=carrier, kind=event.kind, event_id=event.event_id)
            count("CallEventsHeld")
