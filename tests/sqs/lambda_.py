"""What Lambda does between a queue and a function: here when a test says so, and with the function in this process."""

from functools import cached_property
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import uuid4

from infra.local.gateway.messages import failures, make_record
from infra.local.sqs import DEAD_LETTERS, QUEUE, REGION
from tests.sqs.moto_sqs import MotoSqs
from tests.support.handoff import Handoff


class Lambda:
    """`handoff`: the functions, `consume` among them by way of this."""

    def __init__(self, handoff: Handoff, sqs: MotoSqs) -> None:
        self.handoff, self.sqs = handoff, sqs

    @cached_property
    def consume(self) -> ModuleType:
        return self.handoff.load("consume")

    @cached_property
    def _client(self) -> Any:
        return self.sqs.client()

    def put(self, text: str) -> None:
        """A message that nobody of ours has sent."""
        self._client.send_message(QueueUrl=self.sqs.url, MessageBody=text)

    def receive(self) -> list[dict[str, Any]]:
        """What can be received now."""
        answer = self._client.receive_message(
            QueueUrl=self.sqs.url, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"]
        )
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found

    def take(self, messages: list[dict[str, Any]], *, consume: ModuleType | None = None, seconds: float = 60) -> int:
        """One event of all these; how many of them stay."""
        records = [make_record(message, REGION, QUEUE) for message in messages]
        context = SimpleNamespace(
            aws_request_id=str(uuid4()),
            get_remaining_time_in_millis=lambda: int(seconds * 1000),
            function_name="consume",
        )
        failed = failures((consume or self.consume).handler({"Records": records}, context), messages)
        for message in messages:
            if message["MessageId"] not in failed:
                self._client.delete_message(QueueUrl=self.sqs.url, ReceiptHandle=message["ReceiptHandle"])
        return len(failed)

    def take_due(self) -> int:
        """The same of what can be received now; there is something."""
        messages = self.receive()
        assert messages, "nothing can be received"
        return self.take(messages)

    def pause(self) -> float:
        """How long until the one message in the queue can be received, in seconds."""
        (seconds,) = self.sqs.due_in()
        return seconds

    def dead_letters(self) -> list[dict[str, Any]]:
        """As an operator receives them; each once."""
        answer = self._client.receive_message(
            QueueUrl=self.sqs.dead_letter_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        found: list[dict[str, Any]] = answer.get("Messages", [])
        assert len(found) == len(self.sqs.messages(DEAD_LETTERS))
        return found
