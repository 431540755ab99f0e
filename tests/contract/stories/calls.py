"""What carriers tell, and what people see of it."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from handoff.calls.carriers.twilio import signature
from tests.contract.stories.scene import NOWHERE, Scene, Story, Triple, each
from tests.support.calls import FORM, sign, started, tell_and_record
from tests.support.environment import PUBLIC_URL, TWILIO_TOKEN
from tests.support.functions import Answer

TELL = ("POST", "/events")
TELL_AS_TWILIO = ("POST", "/events/{carrier}")
FAILURES = ("GET", "/events/failures")
CALLS = ("GET", "/api/calls")
TIMELINE = ("GET", "/api/calls/timeline")
END = ("POST", "/api/calls/{id}/end")
READS = [FAILURES, CALLS, TIMELINE]
NO_CALLS = {"CALL_HISTORY": "off"}


def told(scene: Scene, **settings: str) -> Answer:
    return event(scene, b'{"type": "call.rang"}', **settings)


def event(scene: Scene, body: bytes, *, event_id: str = "msg_1", content_type: str = "", **settings: str) -> Answer:
    headers = sign(body, event_id=event_id)
    headers["Content-Type"] = content_type or headers["Content-Type"]
    return scene.ask(body=body, headers=headers, settings=settings)


def under_an_id_with_a_space(scene: Scene) -> Answer:
    return event(scene, b'{"type": "call.rang"}', event_id="a b")


def said_to_be_text(scene: Scene) -> Answer:
    return event(scene, b'{"type": "call.rang"}', content_type="text/plain")


def of_no_call(scene: Scene) -> Answer:
    return event(scene, b'{"type": "call.started", "timestamp": "2026-01-31T14:03:20Z", "data": {}}')


def unsigned(scene: Scene) -> Answer:
    return scene.ask(body=b"{}")


def with_nothing_up(scene: Scene) -> Answer:
    scene.handoff.queue.status = 503
    return told(scene, DATABASE_URL=NOWHERE)


def told_with_a_bug(scene: Scene) -> Answer:
    return scene.with_a_bug(lambda: told(scene))


def not_set_up(scene: Scene) -> Answer:
    return told(scene, **NO_CALLS)


def twilio(scene: Scene, fields: dict[str, str], *, content_type: str = FORM, **settings: str) -> Answer:
    signed = signature(f"{PUBLIC_URL}/events/twilio", list(fields.items()), TWILIO_TOKEN)
    headers = {"Content-Type": content_type, "X-Twilio-Signature": signed}
    return scene.ask(body=urlencode(fields).encode(), headers=headers, settings=settings)


def told_by_twilio(scene: Scene, **settings: str) -> Answer:
    return twilio(scene, {"CallSid": "CA1", "CallStatus": "ringing"}, **settings)


def by_twilio_as_text(scene: Scene) -> Answer:
    return twilio(scene, {"CallSid": "CA1", "CallStatus": "ringing"}, content_type="text/plain")


def by_twilio_of_no_call(scene: Scene) -> Answer:
    return twilio(scene, {"CallStatus": "completed"})


def by_twilio_with_nothing_up(scene: Scene) -> Answer:
    scene.handoff.queue.status = 503
    return told_by_twilio(scene, DATABASE_URL=NOWHERE)


def by_twilio_with_a_bug(scene: Scene) -> Answer:
    return scene.with_a_bug(lambda: told_by_twilio(scene))


def told_where_failures_are_listed(scene: Scene) -> Answer:
    return scene.ask(carrier="failures")


def by_twilio_not_set_up(scene: Scene) -> Answer:
    return told_by_twilio(scene, **NO_CALLS)


def from_another_site(scene: Scene) -> Answer:
    return scene.ask(headers={"Sec-Fetch-Site": "cross-site"})


def too_large(scene: Scene) -> Answer:
    return scene.ask(body=b" " * (64 * 1024 + 1))


def a_missing_end(scene: Scene) -> None:
    ninety_minutes = timedelta(minutes=90)
    tell_and_record(scene.handoff, started("one", ninety_minutes, to="+1"), started("another", ninety_minutes))


def insider(scene: Scene) -> list[str]:
    return scene.handoff.signed_in("ann@corp.com").cookies


def a_page(scene: Scene) -> Answer:
    a_missing_end(scene)
    answer = scene.ask(query="limit=1", cookies=insider(scene))
    assert answer.json["next_cursor"]
    return answer


def the_page_that_one_has(scene: Scene) -> Answer:
    cookies = insider(scene)
    return scene.ask(cookies=cookies, headers={"If-None-Match": scene.ask(cookies=cookies).headers["etag"]})


def the_parts_of_two_hours(scene: Scene) -> Answer:
    a_missing_end(scene)
    return scene.ask(cookies=insider(scene))


def of_a_wrong_size(scene: Scene) -> Answer:
    return scene.ask(query="limit=0", cookies=insider(scene))


def over_a_fortnight_in_days(scene: Scene) -> Answer:
    return scene.ask(query="window=14d", cookies=insider(scene))


def nothing_to_read(scene: Scene) -> Answer:
    return scene.ask(settings=NO_CALLS, cookies=insider(scene))


def marked(scene: Scene) -> Answer:
    a_missing_end(scene)
    found: dict[str, Any] = scene.handoff.signed_in("ann@corp.com").status("/events/failures").json["items"][0]
    return scene.ask(id=found["id"], cookies=insider(scene))


def the_database_is_down(scene: Scene) -> Answer:
    return scene.ask(settings={"DATABASE_URL": NOWHERE}, cookies=insider(scene))


def a_bug(scene: Scene) -> Answer:
    return scene.with_a_bug(scene.ask)


def without_signing_in(scene: Scene) -> Answer:
    return scene.ask()


def of_an_unknown_call(scene: Scene) -> Answer:
    return scene.ask(cookies=insider(scene))


EVENTS: dict[Triple, Story] = {
    (*TELL, 202): told,
    (*TELL, 400): under_an_id_with_a_space,
    (*TELL, 404): not_set_up,
    (*TELL, 415): said_to_be_text,
    (*TELL, 422): of_no_call,
    (*TELL, 500): told_with_a_bug,
    (*TELL, 503): with_nothing_up,
    (*TELL_AS_TWILIO, 202): told_by_twilio,
    (*TELL_AS_TWILIO, 404): by_twilio_not_set_up,
    (*TELL_AS_TWILIO, 405): told_where_failures_are_listed,
    (*TELL_AS_TWILIO, 415): by_twilio_as_text,
    (*TELL_AS_TWILIO, 422): by_twilio_of_no_call,
    (*TELL_AS_TWILIO, 500): by_twilio_with_a_bug,
    (*TELL_AS_TWILIO, 503): by_twilio_with_nothing_up,
    **each([TELL, TELL_AS_TWILIO], 401, unsigned),
    **each([TELL, TELL_AS_TWILIO, END], 403, from_another_site),
    **each([TELL, TELL_AS_TWILIO, END], 413, too_large),
    **each([FAILURES, CALLS], 200, a_page),
    **each([FAILURES, CALLS], 304, the_page_that_one_has),
    (*TIMELINE, 200): the_parts_of_two_hours,
    **each([FAILURES, CALLS], 400, of_a_wrong_size),
    (*TIMELINE, 400): over_a_fortnight_in_days,
    **each(READS, 404, nothing_to_read),
    **each([*READS, END], 500, a_bug),
    **each([*READS, END], 503, the_database_is_down),
    (*END, 200): marked,
    **each([*READS, END], 401, without_signing_in),
    (*END, 404): of_an_unknown_call,
}
