"""Makes the calls that a MemoryQueue's messages ask for, in time that is moved: for tests."""

import base64
import http.client
import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from handoff.jobs.answers import Answer
from handoff.jobs.queues.base import FlowControl, Message
from handoff.jobs.queues.memory import MemoryQueue
from handoff.testing.clock import Clock

CALLS_AT_ONCE = 16
DEFAULT_TIMEOUT_SECONDS = 30


@dataclass
class Carried:
    """A message on its way."""

    id: str
    message: Message
    due: float
    retried: int = 0
    call: "Future[Answer] | None" = None


class Courier(Clock):
    """Everything happens in `skip`: calls that are due are begun, those that ended are reported, and only where nothing
    is under way does time move on."""

    def __init__(self, queue: MemoryQueue) -> None:
        self._queue = queue
        self._ahead = 0.0
        self._seen: set[str] = set()
        self._carried: list[Carried] = []
        self._begun: dict[str, list[float]] = {}
        self._pool = ThreadPoolExecutor(CALLS_AT_ONCE)
        self.dead_letters: dict[str, dict[str, Any]] = {}
        """What is kept of messages that were given up, as it may be shown."""

    def now(self) -> float:
        return super().now() + self._ahead

    def close(self) -> None:
        self._pool.shutdown()

    def skip(self) -> None:
        self._collect()
        for carried in [each for each in self._carried if each.call and each.call.done()]:
            self._ended(carried)
        self._collect()
        for carried in self._carried:
            if carried.call is None and carried.due <= self.now() and self._may_begin(carried.message.flow_control):
                self._begin(carried)
        if self._carried and not any(each.call for each in self._carried):
            self._ahead += max(0.0, min(self._due(each) for each in self._carried) - self.now())

    def has_to_carry(self, message_id: str) -> bool:
        """Whether anything is still to be done for a message that was sent."""
        return message_id not in self._seen or any(each.id == message_id for each in self._carried)

    def _collect(self) -> None:
        """What was sent since, less what was called back."""
        sent = dict(self._queue.sent)
        self._carried = [each for each in self._carried if each.id in sent or each.call]
        for message_id, message in sent.items():
            if message_id not in self._seen:
                self._seen.add(message_id)
                self._carried.append(Carried(message_id, message, self.now() + message.delay_seconds))

    # One attempt

    def _begin(self, carried: Carried) -> None:
        message = carried.message
        if message.flow_control:
            self._begun.setdefault(message.flow_control.key, []).append(self.now())
        carried.call = self._pool.submit(self._call, carried, self._headers(carried))

    def _headers(self, carried: Carried) -> dict[str, str]:
        message = carried.message
        at = self.now() - self._ahead  # the receiver's clock is the real one
        signed = self._queue.sign(message.url, message.body, retried=carried.retried, message_id=carried.id, at=at)
        authorization = {}
        if message.credential is not None:
            authorization["Authorization"] = f"Bearer {self._queue.credentials[message.credential]}"
        return {**message.headers, **authorization, **signed.headers}

    def _call(self, carried: Carried, headers: dict[str, str]) -> Answer:
        message = carried.message
        parts = urlsplit(message.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=message.timeout_seconds or DEFAULT_TIMEOUT_SECONDS)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(message.method, target, body=message.body, headers=headers)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        except (OSError, http.client.HTTPException):
            return Answer(None)
        finally:
            connection.close()

    def _ended(self, carried: Carried) -> None:
        assert carried.call is not None
        answered, carried.call, message = carried.call.result(), None, carried.message
        final = answered.succeeded or answered.forbids_another or carried.retried >= message.retries
        if message.callback_url:
            self._report(message.callback_url, carried, answered)
        if final:
            self._carried.remove(carried)
            if not answered.succeeded:
                self._give_up(carried, answered)
        else:
            carried.due = self.now() + self._pause(carried, answered)
            carried.retried += 1

    def _pause(self, carried: Carried, answered: Answer) -> float:
        wished = answered.retry_after_seconds
        return carried.message.retry_pause_seconds * 2.0**carried.retried if wished is None else wished

    def _give_up(self, carried: Carried, answered: Answer) -> None:
        dead_letter_id = f"dead-{carried.id}"
        self.dead_letters[dead_letter_id] = self._shown(carried)
        if carried.message.failure_callback_url:
            self._report(carried.message.failure_callback_url, carried, answered, dead_letter_id)

    def _shown(self, carried: Carried) -> dict[str, Any]:
        redacted = {name.lower() for name in carried.message.redact}
        headers = {name: value for name, value in carried.message.headers.items() if name.lower() not in redacted}
        return {"url": carried.message.url, "headers": headers, "credential": carried.message.credential}

    def _report(self, url: str, carried: Carried, answered: Answer, dead_letter_id: str | None = None) -> None:
        """In the form that handoff.jobs.queues.callback reads; a message like any other."""
        report = {
            "sourceBody": base64.b64encode(carried.message.body).decode(),
            "status": answered.status or 0,
            "header": {name: [value] for name, value in answered.headers.items()},
            "body": base64.b64encode(answered.body).decode(),
            "retried": carried.retried,
            "maxRetries": carried.message.retries,
            "sourceMessageId": carried.id,
            "dlqId": dead_letter_id,
        }
        message = Message(url, json.dumps(report).encode(), retries=carried.message.retries)
        self._queue.sent[f"report-{len(self._queue.sent)}"] = message

    # Flow control

    def _may_begin(self, flow: FlowControl | None) -> bool:
        return flow is None or self._due_of(flow) <= self.now()

    def _due(self, carried: Carried) -> float:
        flow = carried.message.flow_control
        return carried.due if flow is None else max(carried.due, self._due_of(flow))

    def _due_of(self, flow: FlowControl) -> float:
        """When the next call of this key may begin, as far as is known now."""
        if flow.parallelism is not None and len(list(self._under_way(flow.key))) >= flow.parallelism:
            return float("inf")
        begun = self._begun.get(flow.key, [])
        if flow.rate is not None and len(begun) >= flow.rate:
            return begun[-flow.rate] + flow.period_seconds
        return 0.0

    def _under_way(self, key: str) -> Iterator[Carried]:
        for carried in self._carried:
            if carried.call and carried.message.flow_control and carried.message.flow_control.key == key:
                yield carried
