"""Whatever was not signed by the queue is refused, and nobody is told why."""

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff.errors import UnsignedDeliveryError
from handoff.jobs.queues.base import Queue, SignedRequest
from handoff.testing import tokens
from handoff.testing.destination import Answer
from handoff.testing.queues.base import BODY, URL, QueueFixtures, Scene, Signing

SKEW_SECONDS = 60
OTHER_URLS = [
    f"{URL}/failed",
    f"{URL}/",
    f"{URL}?x",
    URL.upper(),
    URL.replace("https", "http"),
    URL.replace("example.com", "example.org"),
    URL.replace("greet", "other"),
    "",
]
OTHER_BODIES = [
    BODY.replace(b"1", b"2", 1),
    BODY + b" ",
    BODY[:-1],
    json.dumps(json.loads(BODY), indent=1).encode(),
    b"",
    b"null",
    b"\xff\xfe" + BODY,
]
JUNK = ["", "junk", "a.b.c", "..", "." * 500, "ключ.ключ.ключ", "x" * 8192, "\x00", "Bearer x", "null", "[]"]


class Signatures(QueueFixtures):
    """Whatever was not signed by the queue is refused, and nobody is told why."""

    def test_what_the_current_key_signed_is_a_delivery(self, receiver: Queue, signing: Signing) -> None:
        for body in (BODY, b"", b"\xff\x00\xfe"):
            assert receiver.verify(signing.sign(URL, body, key=signing.keys[0])).body == body

    def test_what_the_next_key_signed_is_one_too(self, receiver: Queue, signing: Signing) -> None:
        """A rotation loses nothing that is under way."""
        assert receiver.verify(signing.sign(URL, BODY, key=signing.keys[1])).body == BODY

    @pytest.mark.parametrize("key", ["k" * 40, ""])
    def test_what_another_key_signed_is_refused(self, key: str, receiver: Queue, signing: Signing) -> None:
        refused(receiver, signing.sign(URL, BODY, key=key))

    def test_a_token_that_anybody_could_make_is_refused(self, receiver: Queue, signing: Signing) -> None:
        """Where the signature is a JSON Web Token: unsigned, of another algorithm or issuer, or without a claim."""
        made = signing.sign(URL, BODY, key=signing.keys[0])
        for name, value in made.headers.items():
            for wrong, token in tokens.forged(value, signing.keys[0]).items():
                with pytest.raises(UnsignedDeliveryError):
                    assert receiver.verify(SignedRequest(URL, {**made.headers, name: token}, BODY)), wrong

    @pytest.mark.parametrize("url", OTHER_URLS)
    def test_a_signature_for_another_url_is_refused(self, url: str, receiver: Queue, signing: Signing) -> None:
        made = signing.sign(url, BODY, key=signing.keys[0])
        refused(receiver, SignedRequest(URL, made.headers, BODY))

    @pytest.mark.parametrize("body", OTHER_BODIES)
    def test_a_signature_for_another_body_is_refused(self, body: bytes, receiver: Queue, signing: Signing) -> None:
        made = signing.sign(URL, BODY, key=signing.keys[0])
        refused(receiver, SignedRequest(URL, made.headers, body))

    def test_a_signature_that_has_ended_is_refused(self, receiver: Queue, signing: Signing) -> None:
        at = -signing.lifetime_seconds - SKEW_SECONDS - 5
        refused(receiver, signing.sign(URL, BODY, key=signing.keys[0], at=at))

    def test_a_signature_of_the_future_is_refused(self, receiver: Queue, signing: Signing) -> None:
        refused(receiver, signing.sign(URL, BODY, key=signing.keys[0], at=SKEW_SECONDS + 15))

    @pytest.mark.parametrize("side", ["behind", "ahead"])
    def test_clocks_may_differ_by_a_minute(self, side: str, receiver: Queue, signing: Signing) -> None:
        at = -signing.lifetime_seconds - SKEW_SECONDS + 15 if side == "behind" else SKEW_SECONDS - 15
        assert receiver.verify(signing.sign(URL, BODY, key=signing.keys[0], at=at)).body == BODY

    def test_what_has_no_signature_is_refused(self, receiver: Queue, signing: Signing) -> None:
        made = signing.sign(URL, BODY, key=signing.keys[0])
        refused(receiver, SignedRequest(URL, {}, BODY))
        refused(receiver, SignedRequest(URL, {"Content-Type": "application/json"}, BODY))
        refused(receiver, SignedRequest(URL, {f"X-{name}": value for name, value in made.headers.items()}, BODY))

    @pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
    def test_junk_in_place_of_a_signature_is_refused(self, junk: str, receiver: Queue, signing: Signing) -> None:
        made = signing.sign(URL, BODY, key=signing.keys[0])
        refused(receiver, SignedRequest(URL, dict.fromkeys(made.headers, junk), BODY))

    # One receiver serves all examples; it keeps nothing.
    @settings(
        max_examples=50,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(st.data())
    def test_a_header_that_is_changed_anywhere_is_never_more_than_refused(
        self, receiver: Queue, signing: Signing, data: st.DataObject
    ) -> None:
        """Where the change is in a header that no signature covers, the delivery is the same."""
        made = signing.sign(URL, BODY, key=signing.keys[0])
        name = data.draw(st.sampled_from(sorted(made.headers)))
        value = made.headers[name]
        place = data.draw(st.integers(0, len(value)))
        changed = value[:place] + data.draw(st.text(max_size=3)) + value[place + data.draw(st.integers(0, 3)) :]
        with suppress(UnsignedDeliveryError):
            assert receiver.verify(SignedRequest(URL, {**made.headers, name: changed}, BODY)).body == BODY

    def test_a_refusal_does_not_say_what_was_wrong(self, receiver: Queue, signing: Signing) -> None:
        made = signing.sign(URL, BODY, key=signing.keys[0])
        forged = [
            SignedRequest(URL, {}, BODY),
            SignedRequest(URL, made.headers, b"other"),
            signing.sign(URL, BODY, key="another key " * 4),
            SignedRequest(URL, dict.fromkeys(made.headers, "junk"), BODY),
        ]
        assert len({refused(receiver, request) for request in forged}) == 1

    @pytest.mark.parametrize("case", [str.lower, str.upper, str.title])
    def test_the_names_of_headers_are_read_in_any_case(self, case: str, receiver: Queue, signing: Signing) -> None:
        made = signing.sign(URL, BODY, key=signing.keys[0])
        headers = {str(case(name)): value for name, value in made.headers.items()}  # type: ignore[operator]
        assert receiver.verify(SignedRequest(URL, headers, BODY)).body == BODY

    @pytest.mark.parametrize("keys", [[""], ["x" * 31], ["k" * 40, ""]])
    def test_a_key_that_could_be_guessed_is_refused_at_the_start(self, keys: list[str], signing: Signing) -> None:
        with pytest.raises(ValueError, match="32 characters"):
            signing.receiver_with(keys)

    def test_without_a_key_nothing_is_a_delivery(self, signing: Signing) -> None:
        receiver = signing.receiver_with([])
        refused(receiver, signing.sign(URL, BODY, key=""))
        refused(receiver, signing.sign(URL, BODY, key=signing.keys[0]))

    def test_a_delivery_that_comes_again_is_the_same_again(self, receiver: Queue, signing: Signing) -> None:
        """Whether its work was done already is a question for whoever keeps the work."""
        made = signing.sign(URL, BODY, key=signing.keys[0])
        assert len({repr(receiver.verify(made)) for _ in range(100)}) == 1


class SignedDeliveries(QueueFixtures):
    """What the queue itself sends is signed."""

    def test_what_arrives_is_signed_for_where_it_arrives(self, scene: Scene) -> None:
        scene.send()
        (arrived,) = scene.arrived()
        assert scene.delivery(arrived).body == BODY
        with pytest.raises(UnsignedDeliveryError):
            scene.receiver.verify(SignedRequest(f"{arrived.url}/failed", arrived.headers, arrived.body))

    def test_a_delivery_tells_which_message_it_is(self, scene: Scene) -> None:
        message_id = scene.send()
        assert message_id
        assert message_id != scene.send("/other")
        (arrived,) = scene.arrived()
        assert scene.delivery(arrived).message_id in {message_id, None}

    def test_a_delivery_tells_how_many_attempts_came_before(self, scene: Scene) -> None:
        scene.destination.answer("/job", Answer(500), Answer(500), Answer(200))
        scene.send(retries=2)
        assert [scene.delivery(arrived).retried for arrived in scene.arrived(count=3)] == [0, 1, 2]


class NoSignatures(QueueFixtures):
    """The queue calls nobody, so whatever claims to come from it does not."""

    @pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
    def test_whatever_claims_to_come_from_it_is_refused(self, junk: str, receiver: Queue) -> None:
        names = ("Authorization", "Upstash-Signature", "Handoff-Signature", "X-Amz-Sns-Message-Type")
        refused(receiver, SignedRequest(URL, {}, BODY))
        refused(receiver, SignedRequest(URL, dict.fromkeys(names, junk), BODY))


def refused(receiver: Queue, request: SignedRequest) -> str:
    """How the refusal reads, its cause included."""
    with pytest.raises(UnsignedDeliveryError) as caught:
        receiver.verify(request)
    return f"{caught.value!r} {caught.value} {caught.value.__cause__}"
