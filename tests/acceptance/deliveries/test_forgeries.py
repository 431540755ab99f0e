"""Whatever is not signed by the queue, for this very route and body, now, is one and the same 401."""

import json

import pytest

from tests.acceptance.deliveries.forgeries import FORGERIES, Forgery, sent_to
from tests.support.deliveries import delivery
from tests.support.functions import event, invoke
from tests.support.handoff import PRODUCE, Handoff
from tests.support.problems import assert_problem, without_reference
from tests.support.tables import contents


@pytest.fixture(scope="module")
def message(standing: Handoff) -> bytes:
    """The body of the message of an export that waits for its worker."""
    return json.dumps({"id": standing.person().request_export(), "try": 1}).encode()


@pytest.mark.line("C1")
@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_delivery_gets_the_one_generic_401_and_changes_nothing(
    forgery: Forgery, standing: Handoff, message: bytes
) -> None:
    before = contents(standing)
    plainly_unsigned = invoke(standing.callback, event("POST", PRODUCE, body=message))
    answer = invoke(standing.callback, forgery(message))
    problem = assert_problem(answer, 401, "unsigned-delivery")
    assert problem["detail"] == "The delivery's signature is not valid."
    assert without_reference(answer) == without_reference(plainly_unsigned)
    assert contents(standing) == before


@pytest.mark.line("C1")
@pytest.mark.parametrize("path", [f"{PRODUCE}/failed", "/api/jobs/unknown", "/api/jobs/unknown/failed"])
@pytest.mark.parametrize("forgery", ["no signature", "junk", "another key", "an empty key", "alg none"])
def test_every_route_of_the_queue_refuses_forgeries_alike(
    path: str, forgery: str, standing: Handoff, message: bytes
) -> None:
    answer = invoke(standing.callback, sent_to(path, FORGERIES[forgery](message)))
    assert_problem(answer, 401, "unsigned-delivery")


@pytest.mark.line("C1")
def test_a_delivery_signed_for_one_route_is_not_accepted_on_another(standing: Handoff, message: bytes) -> None:
    answer = invoke(standing.callback, sent_to(f"{PRODUCE}/failed", delivery(PRODUCE, message)))
    assert_problem(answer, 401, "unsigned-delivery")


@pytest.mark.line("C1")
def test_the_answer_to_a_forgery_does_not_say_whether_the_run_exists(standing: Handoff, message: bytes) -> None:
    missing = json.dumps({"id": "00000000-0000-4000-8000-000000000000", "try": 1}).encode()
    known, unknown = (invoke(standing.callback, FORGERIES["another key"](body)) for body in (message, missing))
    assert without_reference(known) == without_reference(unknown)
