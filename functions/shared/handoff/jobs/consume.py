"""Makes the calls that a queue's messages ask for, where the queue itself makes none.

What is for us is done here, without HTTP: a job runs in this process, in the same way and with the same answers as when
a queue calls request_handler. Any other URL is called. Whichever it is, an attempt is one record of the queue: done, or
left for another attempt, or given up and buried among the dead letters.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from handoff.errors import HandoffError, InvalidDeliveryError, MessageTooLargeError, QueueUnavailableError
from handoff.jobs.answers import FORBIDDEN, Answer, answer_to
from handoff.jobs.deliver import Deliveries
from handoff.jobs.queues.base import Delivery, Message, Queue, Report
from handoff.jobs.queues.polling import PolledQueue, Received, Record
from handoff.telemetry import count, log_unexpected, logger

RESERVE_SECONDS = 3.0
"""Of the time that is left to the function, for what comes after a call."""

REPORT_SENDINGS = 4
REPORT_PAUSE_SECONDS = 0.5

Route = Callable[[str, Delivery, str], None]
"""Takes what follows its prefix in the URL, the delivery, and the request's id. Raises as Job.run does."""


class StillQueuedError(HandoffError):
    """The message stays in the queue for another attempt."""


def job_route(queue: Queue, deliveries: Deliveries) -> Route:
    """The routes of request_handler: `{type}`, and `{type}/failed`."""

    def deliver(path: str, delivery: Delivery, request_id: str) -> None:
        job_type, slash, what = path.partition("/")
        if not slash:
            deliveries.deliver(job_type, delivery, request_id)
        elif what == "failed":
            deliveries.report_given_up(job_type, queue.read_report(delivery), request_id)
        else:
            raise InvalidDeliveryError("there is no such route")

    return deliver


class Consumer:
    """Takes records, one after the other.

    own_url      what the URLs of our own deliveries begin with
    routes       by what follows it, such as "/api/jobs/": what takes them here
    credentials  by the names that messages use
    """

    def __init__(
        self,
        queue: PolledQueue,
        routes: Mapping[str, Route],
        *,
        own_url: str,
        credentials: Mapping[str, str] | None = None,
    ) -> None:
        self._queue = queue
        self._routes = {own_url + prefix: route for prefix, route in routes.items()}
        self._own_url = own_url + "/"
        self._credentials = dict(credentials or {})

    def consume(self, record: Record, *, request_id: str, seconds_left: float) -> None:
        """One attempt, within the function's time. Returning means that the record is done with: delete it.

        Raises StillQueuedError: leave it.
        """
        logger.append_keys(request_id=request_id)
        try:
            self._attempt(record, request_id, seconds_left)
        except (QueueUnavailableError, MessageTooLargeError) as error:
            # It comes back when the queue's own time for it is over.
            logger.warning("not settled", reason=str(error))
            raise StillQueuedError from error
        except StillQueuedError:
            raise
        except Exception as error:
            log_unexpected(error)  # whoever counts the failures of a batch says nothing of them
            raise StillQueuedError from error
        finally:
            logger.remove_keys(["request_id", "run", "message_id"])

    def _attempt(self, record: Record, request_id: str, seconds_left: float) -> None:
        try:
            received = self._queue.receive(record)
        except InvalidDeliveryError:
            logger.error("given up", reason="unreadable", dead_letter=self._queue.bury(record, "unreadable"))
            count("DeadLetters")
            return
        logger.append_keys(message_id=received.message_id)
        if self._queue.postpone(received):
            logger.info("not due yet")
        elif received.retried > received.message.retries:
            # The last attempt ended without a word: its function was killed, or ran out of time.
            self._give_up(received, Answer(None), "no word of the last attempt", request_id)
        else:
            self._settle(received, self._answer(received, request_id, seconds_left), request_id)

    def _answer(self, received: Received, request_id: str, seconds_left: float) -> Answer:
        message, began = received.message, time.monotonic()
        if message.url.startswith(self._own_url):
            where = "here"
            answer = self._deliver(
                message.url, Delivery(message.body, received.message_id, received.retried), request_id
            )
        else:
            where = "by HTTP"
            answer = self._call(message, seconds_left - RESERVE_SECONDS)
        logger.info(
            "attempt",
            where=where,
            status=answer.status,
            retried=received.retried,
            duration_ms=round((time.monotonic() - began) * 1000, 1),
        )
        return answer

    def _deliver(self, url: str, delivery: Delivery, request_id: str) -> Answer:
        try:
            prefix = next((prefix for prefix in self._routes if url.startswith(prefix)), None)
            if prefix is None:
                raise InvalidDeliveryError("there is no such route")
            self._routes[prefix](url.removeprefix(prefix), delivery, request_id)
            return Answer(200)
        except Exception as error:
            if not isinstance(error, HandoffError):
                log_unexpected(error)
            return answer_to(error)

    def _call(self, message: Message, seconds: float) -> Answer:
        from handoff.jobs.call import make_call  # on use: most messages are jobs

        if message.credential is not None and message.credential not in self._credentials:
            logger.error("no such credential", credential=message.credential)
            return FORBIDDEN
        credential = self._credentials[message.credential] if message.credential else None
        return make_call(message, credential, min(seconds, message.timeout_seconds or seconds))

    def _settle(self, received: Received, answer: Answer, request_id: str) -> None:
        message = received.message
        is_last = answer.forbids_another or received.retried >= message.retries
        if message.callback_url:
            self._tell(message.callback_url, _report(received, answer, is_last), request_id)
        if answer.succeeded:
            return
        if is_last:
            reason = "refused for good" if answer.forbids_another else "retries used up"
            self._give_up(received, answer, reason, request_id)
            return
        told = answer.retry_after_seconds
        self._queue.pause(received.record, message.retry_pause_seconds * 2**received.retried if told is None else told)
        raise StillQueuedError

    def _give_up(self, received: Received, answer: Answer, reason: str, request_id: str) -> None:
        dead_letter_id = self._queue.bury(received.record, reason)
        logger.error("given up", reason=reason, dead_letter=dead_letter_id)
        if url := received.message.failure_callback_url:
            self._tell(url, _report(received, answer, True, dead_letter_id), request_id)

    def _tell(self, url: str, report: Report, request_id: str) -> None:
        """Bring a report. If it cannot be brought now, it is a message like any other, with attempts of its own.

        Never raises: see _send_report.
        """
        body = self._queue.write_report(report)
        if url.startswith(self._own_url):
            answer = self._deliver(url, Delivery(body, report.message_id, 0), request_id)
            if answer.succeeded or answer.forbids_another:
                return
        self._send_report(url, report)

    def _send_report(self, url: str, report: Report) -> None:
        """What cannot be told is no reason to make a call again: it may have cost money. Whoever waits for the report
        must know by himself when it is overdue."""
        for left in range(REPORT_SENDINGS - 1, -1, -1):
            try:
                self._queue.send_now(_report_message(url, self._queue.write_report(report)))
                return
            except MessageTooLargeError:
                # That there was an answer is worth more than what it was.
                report = replace(report, body=b"", is_truncated=True)
            except QueueUnavailableError as error:
                if not left:
                    logger.error("report lost", reason=str(error), message_id=report.message_id)
                    return
                time.sleep(REPORT_PAUSE_SECONDS)


def _report_message(url: str, body: bytes) -> Message:
    return Message(url, body, headers={"Content-Type": "application/json"})


def _report(received: Received, answer: Answer, is_last: bool, dead_letter_id: str | None = None) -> Report:
    return Report(
        source_body=received.message.body,
        status=answer.status,
        headers=answer.headers,
        body=answer.body,
        retried=received.retried,
        # None follows, so that these are all.
        max_retries=received.retried if is_last else received.message.retries,
        message_id=received.message_id,
        dead_letter_id=dead_letter_id,
    )
