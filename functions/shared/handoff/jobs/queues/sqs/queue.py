"""The queue itself: what SQS is asked for each thing a polled queue does."""

import asyncio
import hashlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from handoff.errors import MessageTooLargeError, QueueUnavailableError
from handoff.jobs.queues.base import Capability, Delivery, Message, Report
from handoff.jobs.queues.callback import read_callback
from handoff.jobs.queues.polling import PolledQueue, Received, Record
from handoff.jobs.queues.sqs.envelope import Envelope, from_text, report_to_body, to_text

LARGEST_BYTES = 1_048_576
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""

LARGEST_BODY_BYTES = 774_144
"""Of a message of ours. In base64 it leaves 16 KiB for URLs, headers, and what stands beside a dead letter."""

LARGEST_REPORTED_BYTES = 560_000
"""Of a message that is reported: a report is a message too, and has the body of the first in it, in base64."""

MOST_RETRIES = 13
"""Of one message. The queue's own redrive comes at the fifteenth handing out (template.yaml), and tells nobody."""

ROOM_BYTES = 1_024
"""For the first id, once there is a second, and for what stands beside a dead letter: SQS counts it too."""

LONGEST_DELAY_SECONDS = 900
"""The same page. A longer delay is made of several: see postpone."""

LONGEST_PAUSE_SECONDS = 43_200 - 900
"""SQS allows 12 hours from the moment a message is handed out, and a function may have had it for 15 minutes.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html"""

GROUP = re.compile(r"[!-~]{1,128}")
"""What SQS takes for a group; the same page."""

CODE = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,99}")
"""How the SDK names an error."""


GUIDE = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide"


class SqsQueue(PolledQueue):
    """Credentials and region come from where the AWS SDK finds them. Each request is tried twice."""

    cannot = MappingProxyType(
        {
            # It calls nobody: who may receive is a matter of IAM.
            Capability.SIGNATURE: f"{GUIDE}/sqs-authentication-and-access-control.html",
            # A first-in-first-out queue does, for five minutes, but it delays no message by itself.
            Capability.DEDUPLICATION: f"{GUIDE}/standard-queues-at-least-once-delivery.html",
            # What deletes a message is the handle of whoever has received it.
            Capability.CANCEL: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html",
            # The function's trigger bounds how many of all messages are under way, and a key is a group: see _group.
            Capability.PARALLELISM: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html",
            Capability.RATE: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html",
            # Whoever may receive a message sees all of it.
            Capability.REDACTION: f"{GUIDE}/sqs-data-encryption.html",
            # Our function makes it.
            Capability.OFF_FUNCTION_TIME: "https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html",
        }
    )

    def __init__(
        self,
        *,
        url: str = "",
        dead_letter_url: str = "",
        region: str | None = None,
        endpoint_url: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Sending needs `url`, consuming `dead_letter_url` too: of the queue, and of the one for what is given up."""
        self._url = url
        self._dead_letter_url = dead_letter_url
        self._region = region
        self._endpoint_url = endpoint_url
        self._clock = clock

    def prepare(self) -> None:
        with suppress(QueueUnavailableError):  # `send` says it again
            _ = self._client

    async def send(self, message: Message) -> str:
        return await asyncio.to_thread(self.send_now, message)

    def send_now(self, message: Message) -> str:
        """As `send`, where no event loop is. Raises ValueError for more retries than the queue allows."""
        if message.retries > MOST_RETRIES:
            raise ValueError(f"a message of SQS can have {MOST_RETRIES} retries, not {message.retries}")
        envelope = Envelope(message, self._clock())
        is_reported = message.callback_url or message.failure_callback_url
        if len(message.body) > (LARGEST_REPORTED_BYTES if is_reported else LARGEST_BODY_BYTES):
            raise MessageTooLargeError
        if len(to_text(envelope)) > LARGEST_BYTES - ROOM_BYTES:
            raise MessageTooLargeError
        return self._send(envelope, message.delay_seconds)

    async def cancel(self, message_id: str) -> None:
        """Not to be had."""
        raise NotImplementedError("Amazon SQS cannot call a message back")

    def read_report(self, delivery: Delivery) -> Report:
        return read_callback(delivery)

    def write_report(self, report: Report) -> bytes:
        return report_to_body(report)

    def receive(self, record: Record) -> Received:
        """The record of a Lambda event: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
        envelope = from_text(str(record.get("body")))
        return Received(
            message=envelope.message,
            message_id=envelope.message_id or record["messageId"],
            retried=_handed_out(record) - 1,
            record=record,
        )

    def postpone(self, received: Received) -> bool:
        envelope = from_text(received.record["body"])
        left = envelope.sent_at + received.message.delay_seconds - self._clock()
        # What SQS delays by itself is due when it comes, whatever the clocks of the two functions say.
        if left <= 1 or received.message.delay_seconds <= LONGEST_DELAY_SECONDS:
            return False
        self._send(replace(envelope, message_id=received.message_id), left)
        return True

    def pause(self, record: Record, seconds: float) -> None:
        """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html"""
        timeout = min(max(0, round(seconds)), LONGEST_PAUSE_SECONDS)
        with _translated_errors():
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=timeout
            )

    def bury(self, record: Record, reason: str) -> str:
        """A copy goes to the dead letters, its text as it was, the reason and the first id beside it.

        The queue's own redrive policy is for what kills the consumer: it knows one number of attempts for all messages,
        and no reason. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
        """
        beside = {"Reason": reason, "MessageId": record["messageId"], "HandedOut": str(_handed_out(record))}
        if len(record["body"].encode()) > LARGEST_BYTES - ROOM_BYTES:
            beside = {}
        with _translated_errors():
            answer = self._client.send_message(
                QueueUrl=self._dead_letter_url,
                MessageBody=record["body"],
                MessageAttributes={name: {"DataType": "String", "StringValue": text} for name, text in beside.items()},
            )
            return str(answer["MessageId"])

    def _send(self, envelope: Envelope, delay_seconds: float) -> str:
        """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""
        with _translated_errors():
            answer = self._client.send_message(
                QueueUrl=self._url,
                MessageBody=to_text(envelope),
                DelaySeconds=min(round(delay_seconds), LONGEST_DELAY_SECONDS),
                **_group(envelope.message),
            )
            return str(answer["MessageId"])

    @cached_property
    def _client(self) -> Any:
        # Imported when the first message is sent: it is in the runtime of every AWS function, and slow to load.
        from botocore.config import Config
        from botocore.session import Session

        with _translated_errors():
            return Session().create_client(
                "sqs",
                region_name=self._region,
                endpoint_url=self._endpoint_url,
                config=Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2}),
            )


def _group(message: Message) -> dict[str, str]:
    """The messages of one key are one tenant, so that a crowd of them is handed out after what is of others.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
    """
    if message.flow_control is None:
        return {}
    key = message.flow_control.key
    return {"MessageGroupId": key if GROUP.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()}


def _handed_out(record: Record) -> int:
    """How often, this time included."""
    return int(record["attributes"]["ApproximateReceiveCount"])


@contextmanager
def _translated_errors() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError

    # Not chained, and the kind alone: what the SDK says may name the queue's address and quote what was sent.
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        raise QueueUnavailableError(f"SQS refused: {code if CODE.fullmatch(code) else 'unknown'}") from None
    except (BotoCoreError, OSError) as error:
        raise QueueUnavailableError(f"SQS did not answer: {type(error).__name__}") from None
