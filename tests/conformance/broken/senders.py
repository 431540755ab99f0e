"""Queues that take messages wrongly, or call them back wrongly, or claim wrongly."""

from collections.abc import Iterator
from typing import Any

import pytest

from handoff.errors import QueueUnavailableError
from handoff.jobs.queues.base import Capability, Message
from handoff.jobs.queues.memory import MemoryQueue
from handoff.testing.courier import Courier
from tests.conformance.broken.receivers import Broken
from tests.conformance.memory import KEYS


class TestWaitsForTheAnswer(Broken):
    breaks = "test_sending_does_not_wait_for_the_answer"

    class sends(MemoryQueue):
        courier: Courier

        async def send(self, message: Message) -> str:
            message_id = await super().send(message)
            if message.url.endswith("/job") and message == Message(
                message.url, message.body, headers=message.headers, retries=0, retry_pause_seconds=60
            ):
                while self.courier.has_to_carry(message_id):
                    self.courier.skip()
            return message_id

    @pytest.fixture
    def clock(self, queue: Any) -> Iterator[Courier]:
        queue.courier = Courier(queue)
        yield queue.courier
        queue.courier.close()


class TestCallsTooLargeUnavailable(Broken):
    breaks = "test_a_larger_body_is_an_error_of_its_own_and_is_not_sent"

    class sends(MemoryQueue):
        async def send(self, message: Message) -> str:
            if len(message.body) > 1024 * 1024:
                raise QueueUnavailableError
            return await super().send(message)


class TestTakesADeduplicationIdTwice(Broken):
    breaks = "test_a_deduplication_id_is_taken_once"

    class sends(MemoryQueue):
        async def send(self, message: Message) -> str:
            self._known.clear()
            return await super().send(message)


class TestCallsNothingBack(Broken):
    breaks = "test_a_message_that_is_called_back_does_not_arrive"

    class sends(MemoryQueue):
        async def cancel(self, message_id: str) -> None:
            pass


class TestFallsOverWhatIsGone(Broken):
    breaks = "test_calling_back_what_is_gone_is_no_error"

    class sends(MemoryQueue):
        async def cancel(self, message_id: str) -> None:
            del self.sent[message_id]


class TestTellsItsKey(Broken):
    breaks = "test_a_queue_that_is_not_there_says_so_in_our_words"

    class sends(MemoryQueue):
        async def send(self, message: Message) -> str:
            if not self.available:
                raise QueueUnavailableError(f"401: {KEYS[0]} is not known")
            return await super().send(message)


class TestLeavesACredentialOut(Broken):
    breaks = "test_a_call_whose_credential_is_not_there_is_not_made"

    class sends(MemoryQueue):
        async def send(self, message: Message) -> str:
            self.credentials.setdefault(message.credential or "", "")
            return await super().send(message)


class TestSaysNotWhere(Broken):
    breaks = "test_what_it_cannot_do_it_says_with_the_page_that_tells"

    class sends(MemoryQueue):
        cannot = {Capability.OFF_FUNCTION_TIME: "ask them"}


class TestLoadsOnce(Broken):
    breaks = "test_loading_what_sending_needs_may_be_asked_for_twice"

    class sends(MemoryQueue):
        def prepare(self) -> None:
            assert not self._known
            self._known["loaded"] = ""
