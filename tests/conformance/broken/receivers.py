"""Queues that take for a delivery what is none, or do not take what is one."""

import base64
import hashlib
import json
import re
from typing import Any

import jwt

from handoff.errors import InvalidDeliveryError, UnsignedDeliveryError
from handoff.jobs.queues.base import Delivery, Report, SignedRequest
from handoff.jobs.queues.memory import MemoryQueue
from handoff.jobs.queues.signature import is_signed
from handoff.testing import FetchedQueueConformance, QueueConformance
from tests.conformance.memory import MemoryFixtures
from tests.conformance.test_memory import FetchedMemoryQueue


class Broken(MemoryFixtures, QueueConformance):
    patience_seconds = 3


class Lenient(MemoryQueue):
    """Takes a request too if it would be a delivery after `mended`."""

    def verify(self, request: SignedRequest) -> Delivery:
        try:
            return super().verify(request)
        except UnsignedDeliveryError:
            return super().verify(self.mended(request))

    def mended(self, request: SignedRequest) -> SignedRequest:
        return request


class TestRefusesWhatIsNoText(Broken):
    breaks = "test_what_the_current_key_signed_is_a_delivery"

    class receives(MemoryQueue):
        def verify(self, request: SignedRequest) -> Delivery:
            if not request.body:
                raise UnsignedDeliveryError
            return super().verify(request)


class TestKnowsTheCurrentKeyOnly(Broken):
    breaks = "test_what_the_next_key_signed_is_one_too"

    class receives(MemoryQueue):
        def verify(self, request: SignedRequest) -> Delivery:
            if not is_signed(_signature(request), self._keys[:1], request, issuer="Handoff"):
                raise UnsignedDeliveryError
            return super().verify(request)


class TestHasAKeyThatAnybodyKnows(Broken):
    breaks = "test_what_another_key_signed_is_refused"

    class receives(MemoryQueue):
        def verify(self, request: SignedRequest) -> Delivery:
            if is_signed(_signature(request), ["k" * 40], request, issuer="Handoff"):
                return Delivery(request.body, None, 0)
            return super().verify(request)


class TestTakesWhatNobodySigned(Broken):
    breaks = "test_a_token_that_anybody_could_make_is_refused"

    class receives(MemoryQueue):
        def verify(self, request: SignedRequest) -> Delivery:
            try:
                unsigned = jwt.get_unverified_header(_signature(request))["alg"] == "none"
            except (jwt.PyJWTError, ValueError):
                unsigned = False
            return Delivery(request.body, None, 0) if unsigned else super().verify(request)


class TestLeavesTheQueryOut(Broken):
    breaks = "test_a_signature_for_another_url_is_refused"

    class receives(Lenient):
        def mended(self, request: SignedRequest) -> SignedRequest:
            return SignedRequest(f"{request.url}?x", request.headers, request.body)


class TestStripsTheBody(Broken):
    breaks = "test_a_signature_for_another_body_is_refused"

    class receives(Lenient):
        def mended(self, request: SignedRequest) -> SignedRequest:
            return SignedRequest(request.url, request.headers, request.body.strip())


LOOKED_AT: Any = {"verify_signature": False, "verify_exp": True, "verify_nbf": True}


class Unpunctual(MemoryQueue):
    options: dict[str, Any]

    def verify(self, request: SignedRequest) -> Delivery:
        key = self._keys[0] if self._keys else "n" * 40
        try:
            options: Any = {"verify_aud": False, "require": ["iss", "sub", "body"], **self.options}
            told = jwt.decode(
                _signature(request), key, algorithms=["HS256"], issuer="Handoff", leeway=60, options=options
            )
        except jwt.PyJWTError:
            return super().verify(request)
        digest = base64.urlsafe_b64encode(hashlib.sha256(request.body).digest()).decode()
        if told["sub"] == request.url and told["body"].rstrip("=") == digest.rstrip("="):
            return Delivery(request.body, None, int(request.headers.get("handoff-retried", "0")))
        return super().verify(request)


class TestNeverLooksAtTheEnd(Broken):
    breaks = "test_a_signature_that_has_ended_is_refused"

    class receives(Unpunctual):
        options = {"verify_exp": False}


class TestNeverLooksAtTheBeginning(Broken):
    breaks = "test_a_signature_of_the_future_is_refused"

    class receives(Unpunctual):
        options = {"verify_nbf": False, "verify_iat": False}


class TestTrustsItsOwnClock(Broken):
    breaks = "test_clocks_may_differ_by_a_minute"

    class receives(MemoryQueue):
        def verify(self, request: SignedRequest) -> Delivery:
            delivery = super().verify(request)
            try:
                jwt.decode(_signature(request), options=LOOKED_AT)
            except jwt.PyJWTError:
                raise UnsignedDeliveryError from None
            return delivery


class TestTakesAnotherHeader(Broken):
    breaks = "test_what_has_no_signature_is_refused"

    class receives(Lenient):
        def mended(self, request: SignedRequest) -> SignedRequest:
            headers = {name.removeprefix("X-"): value for name, value in request.headers.items()}
            return SignedRequest(request.url, headers, request.body)


class TestTakesNull(Broken):
    breaks = "test_junk_in_place_of_a_signature_is_refused"

    class receives(MemoryQueue):
        def verify(self, request: SignedRequest) -> Delivery:
            return Delivery(request.body, None, 0) if _signature(request) == "null" else super().verify(request)


class TestFallsOverAHeader(Broken):
    breaks = "test_a_header_that_is_changed_anywhere_is_never_more_than_refused"

    class receives(MemoryQueue):
        def verify(self, request: SignedRequest) -> Delivery:
            delivery = super().verify(request)
            headers = {name.lower(): value for name, value in request.headers.items()}
            return Delivery(delivery.body, delivery.message_id, int(headers["handoff-retried"]))


class TestSaysWhy(Broken):
    breaks = "test_a_refusal_does_not_say_what_was_wrong"

    class receives(MemoryQueue):
        def verify(self, request: SignedRequest) -> Delivery:
            if not request.headers:
                raise UnsignedDeliveryError("there is no signature")
            return super().verify(request)


class TestKnowsNoShouting(Broken):
    breaks = "test_the_names_of_headers_are_read_in_any_case"

    class receives(MemoryQueue):
        def verify(self, request: SignedRequest) -> Delivery:
            if any(name.isupper() for name in request.headers):
                raise UnsignedDeliveryError
            return super().verify(request)


class TestTakesAnyKey(Broken):
    breaks = "test_a_key_that_could_be_guessed_is_refused_at_the_start"

    class receives(MemoryQueue):
        def __init__(self, **arguments: Any) -> None:
            keys = arguments.pop("signing_keys")
            super().__init__(signing_keys=[], **arguments)
            self._keys = tuple(keys)


class TestTakesAnythingWithoutAKey(Broken):
    breaks = "test_without_a_key_nothing_is_a_delivery"

    class receives(MemoryQueue):
        def verify(self, request: SignedRequest) -> Delivery:
            return super().verify(request) if self._keys else Delivery(request.body, None, 0)


class TestCountsByItself(Broken):
    breaks = "test_a_delivery_that_comes_again_is_the_same_again"

    class receives(MemoryQueue):
        def __init__(self, **arguments: Any) -> None:
            super().__init__(**arguments)
            self._times = 0

        def verify(self, request: SignedRequest) -> Delivery:
            delivery = super().verify(request)
            if delivery.message_id == "memory-1" and "greet" in request.url:
                self._times += 1
                return Delivery(delivery.body, delivery.message_id, self._times)
            return delivery


class TestLeavesTheLastPartOut(Broken):
    breaks = "test_what_arrives_is_signed_for_where_it_arrives"

    class receives(Lenient):
        def mended(self, request: SignedRequest) -> SignedRequest:
            return SignedRequest(request.url.removesuffix("/failed"), request.headers, request.body)


class TestBelievesAnybody(MemoryFixtures, FetchedQueueConformance):
    breaks = "test_whatever_claims_to_come_from_it_is_refused"
    patience_seconds = 3

    class sends(FetchedMemoryQueue):
        def verify(self, request: SignedRequest) -> Delivery:
            if "Bearer x" in request.headers.values():
                return Delivery(request.body, None, 0)
            raise UnsignedDeliveryError

    receives = sends


class TestKnowsTheVendorsWordsOnly(Broken):
    breaks = "test_words_that_nobody_has_documented_do_not_cost_a_report"

    class receives(MemoryQueue):
        def read_report(self, delivery: Delivery) -> Report:
            report = super().read_report(delivery)
            if not re.search(rb'"retried": \d', delivery.body):
                raise InvalidDeliveryError
            return report


class TestFallsOverWhatIsNoReport(Broken):
    breaks = "test_what_is_no_report_can_never_be_read"

    class receives(MemoryQueue):
        def read_report(self, delivery: Delivery) -> Report:
            json.loads(delivery.body)
            return super().read_report(delivery)


def _signature(request: SignedRequest) -> str:
    return {name.lower(): value for name, value in request.headers.items()}.get("handoff-signature", "")
