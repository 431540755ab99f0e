"""Everything that can go right and wrong with an export, in a process of its own, so that all it says can be read.

Reads {"environment": ..., "secrets_file": ...} from its input, and writes the secrets it came to know to that file.
"""

import base64
import json
import logging
import sys
from pathlib import Path
from typing import Any

from handoff.calls.event import CallEvent, Kind, to_body
from tests.acceptance.deliveries.forgeries import FORGERIES
from tests.support.calls import RECORD, at, record, started, tell, tell_as_twilio
from tests.support.deliveries import delivery
from tests.support.functions import event, invoke
from tests.support.handoff import Handoff, Person
from tests.support.issuer import rsa_key, running_issuer
from tests.support.servers import PublishEndpoint
from tests.support.sign_in import Visitor


def main() -> None:
    """Tell it."""
    # As Lambda's own handler does where logs are JSON: whatever any library says at INFO or above.
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    given = json.load(sys.stdin)
    handoff = Handoff(given["environment"], PublishEndpoint())
    secrets: dict[str, str] = {}
    person = handoff.person()
    secrets["session cookie"] = person.cookies[0].partition("=")[2]

    who_signs_in(handoff, secrets)
    what_goes_right(handoff, person, secrets)
    what_carriers_tell(handoff, given["environment"], secrets)
    what_is_refused(handoff, person, secrets)
    what_fails_outside(handoff, person, given["environment"])
    what_is_a_bug(handoff, person, secrets)
    Path(given["secrets_file"]).write_text(json.dumps(secrets))
    handoff.close()


def who_signs_in(handoff: Handoff, secrets: dict[str, str]) -> None:
    """And who tries to."""
    with running_issuer() as issuer:
        handoff.trigger, handoff.status = (handoff.load(name, **issuer.settings) for name in ("trigger", "status"))
        visitor = Visitor(handoff)
        visitor.request_export()
        tokens = {
            "refused": (issuer.token("another nonce"), 401),
            "of another key": (issuer.token(visitor.nonce, key=rsa_key("another")), 401),
            "of an unknown key": (issuer.token(visitor.nonce, header={"kid": "canary-key-name-" + "k+/" * 8}), 401),
            "of another domain": (issuer.token(visitor.nonce, email="canary-address@evil.example"), 403),
            "right": (issuer.token(visitor.nonce, email="canary-right-address@corp.com"), 200),
        }
        for name, (token, status) in tokens.items():
            expect(visitor.sign_in(token).status, status)
            secrets |= {f"ID token: {name}, part {part}": text for part, text in enumerate(token.split("."))}
        secrets |= {"address": "canary-right-address@corp.com", "another address": "canary-address@evil.example"}
        secrets["name of a key"] = "canary-key-name-" + "k+/" * 8
        secrets["person's cookie"] = visitor.cookies[0].partition("=")[2]
        expect(visitor.status("/api/exports").status, 200)
        issuer.status = 500
        away = handoff.load("trigger", **{**issuer.settings, "OIDC_KEYS_URL": "http://127.0.0.1:1/canary-keys"})
        headers = {"Authorization": f"Bearer {tokens['right'][0]}"}
        expect(invoke(away, event("POST", "/api/session", cookies=visitor.cookies, headers=headers)).status, 503)
        expect(visitor.sign_out().status, 204)


def what_goes_right(handoff: Handoff, person: Person, secrets: dict[str, str]) -> None:
    export = person.ready_export()
    link = export["links"][0]
    secrets["link token"] = link["url"].rsplit("/", 1)[1]
    expect(handoff.visit(link["url"]).status, 200)
    expect(handoff.visit(link["url"], Range="bytes=0-9").status, 206)
    another = person.trigger("POST", f"/api/exports/{export['id']}/links").json
    secrets["second link token"] = another["url"].rsplit("/", 1)[1]
    expect(person.trigger("DELETE", f"/api/links/{another['id']}").status, 204)
    expect(handoff.visit(another["url"]).status, 410)
    expect(person.status("/api/exports").status, 200)
    handoff.sweep()


def what_carriers_tell(handoff: Handoff, environment: dict[str, str], secrets: dict[str, str]) -> None:
    """Who calls whom is nobody's business either."""
    secrets |= {"caller": "+49 30 canary caller", "callee": "+49 30 canary callee", "call": "canary-call-" + "c+/" * 8}
    data: dict[str, Any] = {"from": secrets["caller"], "to": secrets["callee"], "reason": "canary"}
    event_of_a_call = started(secrets["call"], **data)
    secret, token = environment["CALL_WEBHOOK_SECRETS"], environment["TWILIO_AUTH_TOKENS"]
    expect(tell(handoff, event_of_a_call, secret=secret).status, 202)
    fields = {"CallSid": secrets["call"], "CallStatus": "busy", "From": secrets["caller"], "To": secrets["callee"]}
    expect(tell_as_twilio(handoff, fields, token=token).status, 202)
    expect(tell_as_twilio(handoff, fields, token=token + "x").status, 401)
    expect(tell(handoff, {"type": "call.ended", "data": data}, secret=secret).status, 422)
    message = to_body(
        CallEvent(
            carrier="generic", event_id="msg_1", kind=Kind.STARTED, name="call.started", at=at(),
            raw=json.dumps(event_of_a_call), call_id=secrets["call"], caller=secrets["caller"],
            callee=secrets["callee"],
        )
    )  # fmt: skip
    expect(record(handoff, message).status, 200)
    report = json.dumps({"sourceBody": base64.b64encode(message).decode(), "dlqId": "dlq-1"}).encode()
    expect(invoke(handoff.callback, delivery(f"{RECORD}/failed", report)).status, 200)
    kept, handoff.trigger = handoff.trigger, handoff.load("trigger", QSTASH_URL="http://127.0.0.1:1")
    expect(tell(handoff, event_of_a_call, secret=secret).status, 202)
    handoff.trigger = kept


def what_is_refused(handoff: Handoff, person: Person, secrets: dict[str, str]) -> None:
    message = json.dumps({"id": person.request_export(), "try": 1}).encode()
    for name, forgery in FORGERIES.items():
        sent = forgery(message)
        secrets |= {f"signature: {name}": s for s in [sent["headers"].get("upstash-signature", "")] if len(s) > 40}
        expect(invoke(handoff.callback, sent).status, 401)
    expect(handoff.visit("/download/" + "x" * 68).status, 404)
    expect(handoff.visit("/download/" + secrets["link token"][:-1] + "!").status, 404)
    expect(invoke(handoff.status, event("GET", f"/elsewhere/{secrets['link token']}")).status, 404)
    cookie = [f"handoff-session={secrets['session cookie']}x"]
    expect(invoke(handoff.trigger, event("POST", "/api/exports", cookies=cookie)).status, 401)
    expect(person.trigger("POST", "/api/exports", body={"document": "other"}).status, 422)


def what_fails_outside(handoff: Handoff, person: Person, environment: dict[str, str]) -> None:
    """Source, queue, store and database: refused, and not there."""
    nowhere = "http://127.0.0.1:1"
    source = nowhere + "/" + environment["SOURCE_URL"].split("/", 3)[3]
    lost = handoff.load("callback", SOURCE_URL=source, SOURCE_LOOPBACK="127.0.0.1:1")
    handoff.callback, kept = lost, handoff.callback
    expect(handoff.deliver(person.request_export()).status, 500)
    handoff.callback = handoff.load("callback", SOURCE_URL=f"{environment['SOURCE_URL']}?status=404")
    expect(handoff.deliver(person.request_export()).status, 489)
    handoff.callback = kept
    trigger = handoff.load("trigger", QSTASH_URL=nowhere)
    expect(invoke(trigger, event("POST", "/api/exports", body={}, cookies=person.cookies)).status, 202)
    away = environment["DATABASE_URL"].replace("@", "-x@").rsplit(":", 1)[0] + ":1/handoff"
    for function in ("trigger", "status", "callback", "download"):
        module = handoff.load(function, DATABASE_URL=away)
        path = {"trigger": "/api/exports", "status": "/api/health"}.get(function)
        if path:
            sent = event("POST" if function == "trigger" else "GET", path, body={}, cookies=person.cookies)
            expect(invoke(module, sent).status, 503)
    link = person.ready_export()["links"][0]
    folder = Path(environment["STORAGE_FOLDER"])
    folder.rename(folder.with_suffix(".away"))
    expect(handoff.visit(link["url"]).status, 502)
    folder.with_suffix(".away").rename(folder)


def what_is_a_bug(handoff: Handoff, person: Person, secrets: dict[str, str]) -> None:
    """A migration went wrong."""
    export_id = person.request_export()
    handoff.rows("ALTER TABLE files RENAME TO files_away")
    expect(handoff.deliver(export_id).status, 500)
    expect(handoff.visit("/download/" + secrets["link token"]).status, 500)
    expect(person.status(f"/api/exports/{export_id}").status, 500)
    try:
        handoff.sweep()
    except Exception as error:
        print(f"as Lambda prints it: {type(error).__name__}: {error}", file=sys.stderr)


def expect(status: Any, wanted: int) -> None:
    """The story is the one that was meant."""
    if status != wanted:
        raise SystemExit(f"answered {status} instead of {wanted}")


if __name__ == "__main__":
    main()
