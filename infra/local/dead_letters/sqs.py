"""The queue of what was given up, beside the one of Amazon SQS that jobs wait in.

SQS has no list of messages: to look at one is to receive it, and it is hidden from others until it is let go.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from handoff.errors import InvalidDeliveryError
from handoff.jobs.queues.sqs.envelope import from_text
from infra.local.dead_letters.base import DeadLetter, DeadLetters, unknown
from infra.local.errors import LocalError
from infra.local.s3 import check_installed

HIDDEN_SECONDS = 60
"""How long a letter that is looked at stays hidden if this process is killed."""
MOST = 1_000

Record = dict[str, Any]


class SqsDeadLetters(DeadLetters):
    needs = ("SQS_QUEUE_URL", "SQS_DEAD_LETTER_QUEUE_URL")

    def __init__(self, settings: Mapping[str, str]) -> None:
        check_installed("QUEUE_PROVIDER=sqs")
        self._url = settings["SQS_QUEUE_URL"]
        self._dead_letter_url = settings["SQS_DEAD_LETTER_QUEUE_URL"]
        self._aws = {name: value for name, value in settings.items() if name.startswith("AWS_")}

    def all(self) -> list[DeadLetter]:
        with self._looked_at() as records:
            return sorted(map(_letter, records), key=lambda letter: letter.created_at)

    def get(self, letter_id: str) -> DeadLetter:
        with self._looked_at() as records:
            return _letter(_record(records, letter_id))

    def retry(self, letter_id: str) -> None:
        with self._looked_at() as records:
            record = _record(records, letter_id)
            # Sent before it is deleted: twice is harmless, not at all would lose it.
            self._client.send_message(QueueUrl=self._url, MessageBody=record["Body"])
            self._delete(record)

    def drop(self, letter_id: str) -> None:
        with self._looked_at() as records:
            self._delete(_record(records, letter_id))

    def _delete(self, record: Record) -> None:
        self._client.delete_message(QueueUrl=self._dead_letter_url, ReceiptHandle=record["ReceiptHandle"])

    @contextmanager
    def _looked_at(self) -> Iterator[list[Record]]:
        """All of them, hidden from others while the block runs."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            records = list(self._receive())
            try:
                yield records
            finally:
                for record in records:
                    self._let_go(record)
        except ClientError as error:
            raise LocalError(f"The queue refused: {error.response.get('Error', {}).get('Code')}.") from None
        except BotoCoreError as error:
            raise LocalError(f"The queue does not answer: {type(error).__name__}.") from None

    def _receive(self) -> Iterator[Record]:
        found: set[str] = set()
        while len(found) < MOST:
            answer = self._client.receive_message(
                QueueUrl=self._dead_letter_url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=1,  # without a wait SQS asks only some of its servers
                MessageSystemAttributeNames=["SentTimestamp"],
                MessageAttributeNames=["All"],
            )
            new = [record for record in answer.get("Messages", []) if record["MessageId"] not in found]
            if not new:
                return
            found |= {record["MessageId"] for record in new}
            yield from new

    def _let_go(self, record: Record) -> None:
        from botocore.exceptions import ClientError

        with suppress(ClientError):  # it was deleted
            self._client.change_message_visibility(
                QueueUrl=self._dead_letter_url, ReceiptHandle=record["ReceiptHandle"], VisibilityTimeout=0
            )

    @cached_property
    def _client(self) -> Any:
        from botocore.session import Session

        aws, session = self._aws, Session()
        if "AWS_ACCESS_KEY_ID" in aws:
            session.set_credentials(
                aws["AWS_ACCESS_KEY_ID"], aws["AWS_SECRET_ACCESS_KEY"], aws.get("AWS_SESSION_TOKEN")
            )
        return session.create_client(
            "sqs",
            region_name=aws.get("AWS_REGION") or aws.get("AWS_DEFAULT_REGION"),
            endpoint_url=aws.get("AWS_ENDPOINT_URL_SQS"),
        )


def _record(records: list[Record], letter_id: str) -> Record:
    for record in records:
        if record["MessageId"] == letter_id:
            return record
    raise unknown(letter_id)


def _letter(record: Record) -> DeadLetter:
    """One that the queue's redrive policy moved has no reason beside it: whatever had it was killed each time."""
    beside = {name: value["StringValue"] for name, value in record.get("MessageAttributes", {}).items()}
    letter = DeadLetter(
        id=record["MessageId"],
        created_at=datetime.fromtimestamp(int(record["Attributes"]["SentTimestamp"]) / 1000, UTC),
        method="?",
        url="?",
        body=record["Body"],
        reason=beside.get("Reason", "received too often"),
    )
    try:
        message = from_text(record["Body"]).message
    except InvalidDeliveryError:
        return letter
    return replace(letter, method=message.method, url=message.url, body=message.body.decode("utf-8", "replace"))
