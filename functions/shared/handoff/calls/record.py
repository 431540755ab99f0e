"""The job that records an event: one statement, with the same effect however often and in whatever order they come."""

from dataclasses import dataclass

from handoff.calls.event import CallEvent, from_body, to_body
from handoff.database import Database, load_queries
from handoff.jobs.base import Attempt, Job
from handoff.jobs.held import HeldMessages
from handoff.telemetry import count, logger

QUERIES = load_queries("calls")

ROUNDS = 8
"""How often an event that the queue gave up on is sent again, after pauses that double: an hour and more. Then it stays
among the dead letters."""


@dataclass(frozen=True)
class Recorded:
    carrier: str


class RecordCallEvent(Job[CallEvent]):
    """One round trip to Postgres."""

    name = "record_call_event"

    def __init__(self, database: Database, held: HeldMessages) -> None:
        self._database = database
        self._held = held

    def read(self, body: bytes) -> CallEvent:
        return from_body(body)

    def run(self, message: CallEvent, attempt: Attempt) -> None:
        new = self._database.one(
            QUERIES["record_call_event"], Recorded,
            carrier=message.carrier, event_id=message.event_id, call_id=message.call_id, kind=message.kind,
            name=message.name, at=message.at, raw=message.raw, caller=message.caller, callee=message.callee,
            reason=message.reason,
        )  # fmt: skip
        logger.info("event recorded" if new else "event known", carrier=message.carrier, event_id=message.event_id)
        if new:
            count("CallEventsRecorded")

    def report_given_up(self, message: CallEvent, dead_letter_id: str | None, request_id: str) -> None:
        """Its sender was told that we have it, so it is held and sent again; recording it twice does no harm."""
        goes_on = message.round < ROUNDS
        logger.error(
            "event given up",
            carrier=message.carrier,
            event_id=message.event_id,
            dead_letter=dead_letter_id,
            round=message.round,
            goes_on=goes_on,
        )
        if dead_letter_id:
            count("DeadLetters")
        if goes_on:
            again = message.again()
            self._held.keep(again.message_uuid, self.name, to_body(again), pauses=message.round)
