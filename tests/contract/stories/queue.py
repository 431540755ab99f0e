"""What the queue is told."""

import base64
import json

from tests.contract.stories.scene import NOWHERE, SOME_ID, Scene, Story, Triple, each
from tests.support.functions import Answer

DELIVER = ("POST", "/api/jobs/{type}")
REPORT = ("POST", "/api/jobs/{type}/failed")


def done(scene: Scene) -> Answer:
    return scene.deliver(new_message(scene))


def leased(scene: Scene) -> Answer:
    body = new_message(scene)
    scene.handoff.rows(
        "UPDATE runs SET state = 'running', lease_token = gen_random_uuid(),"
        " lease_expires_at = clock_timestamp() + make_interval(secs => 9)"
    )
    return scene.deliver(body)


def of_what_is_not_there(scene: Scene) -> Answer:
    return scene.deliver(message(SOME_ID))


def with_the_source_down(scene: Scene) -> Answer:
    scene.source.status = 503
    return scene.deliver(new_message(scene))


def with_the_database_down(scene: Scene) -> Answer:
    return scene.deliver(new_message(scene), settings={"DATABASE_URL": NOWHERE})


def unsigned(scene: Scene) -> Answer:
    return scene.deliver(new_message(scene), signed=False)


def recorded(scene: Scene) -> Answer:
    return scene.deliver(report(new_message(scene)))


def a_report_of_nothing(scene: Scene) -> Answer:
    return scene.deliver(b"{}")


def a_report_with_the_database_down(scene: Scene) -> Answer:
    return scene.deliver(report(new_message(scene)), settings={"DATABASE_URL": NOWHERE})


def a_report_with_a_bug(scene: Scene) -> Answer:
    return scene.with_a_bug(lambda: scene.deliver(report(message(SOME_ID))))


def new_message(scene: Scene) -> bytes:
    return message(scene.person.request_export())


def message(export_id: str) -> bytes:
    return json.dumps({"id": export_id, "try": 1}).encode()


def report(body: bytes) -> bytes:
    return json.dumps({"sourceBody": base64.b64encode(body).decode(), "dlqId": "dlq-1"}).encode()


DELIVERIES: dict[Triple, Story] = {
    **each([DELIVER, REPORT], 401, unsigned),
    (*DELIVER, 200): done,
    (*DELIVER, 409): leased,
    (*DELIVER, 489): of_what_is_not_there,
    (*DELIVER, 500): with_the_source_down,
    (*DELIVER, 503): with_the_database_down,
    (*REPORT, 200): recorded,
    (*REPORT, 489): a_report_of_nothing,
    (*REPORT, 500): a_report_with_a_bug,
    (*REPORT, 503): a_report_with_the_database_down,
}
