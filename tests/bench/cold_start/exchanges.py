"""For each function: the event it is sent, and whether what came back is right, both sides alike."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from infra.local.qstash.signing import SigningKeys
from tests.bench.cold_start import rows
from tests.bench.cold_start.services import BUCKET, PUBLIC_URL, QSTASH, Services
from tests.support.functions import event

JOB = "/api/jobs/produce_export"
Check = Callable[[Any], None]


@dataclass(frozen=True)
class Side:
    """What differs between the two in a request."""

    cookie: Callable[[str], str]
    token: Callable[[UUID], str]
    message: Callable[[UUID], dict[str, Any]]


def prepare(function: str, side: Side, services: Services) -> tuple[dict[str, Any], Check]:
    """An event of its own, and the check of its answer, which raises AssertionError."""
    return PREPARE[function](side, services)


def status(side: Side, services: Services) -> tuple[dict[str, Any], Check]:
    run = rows.ready_run(services)

    def check(answer: Any) -> None:
        body = body_of(answer, 200)
        shown = json.loads(body)
        assert shown["id"] == str(run.id), shown
        assert shown["state"] == "ready", shown
        assert shown["file"]["size"] == len(services.source.body), shown
        assert [link["url"] for link in shown["links"]] == [f"{PUBLIC_URL}/download/{side.token(run.link)}"], shown
        assert [visit["user_agent"] for visit in shown["visits"]] == ["bench"], shown

    return event("GET", f"/api/exports/{run.id}", cookies=[side.cookie(run.owner)]), check


def trigger(side: Side, services: Services) -> tuple[dict[str, Any], Check]:
    owner = rows.new_owner()

    def check(answer: Any) -> None:
        accepted = json.loads(body_of(answer, 202))
        assert answer["headers"]["location"] == accepted["href"] == f"/api/exports/{accepted['id']}", answer
        found = services.database.execute(
            "SELECT state::text, owner FROM runs WHERE id = %s", [accepted["id"]]
        ).fetchone()
        assert found == {"state": "queued", "owner": owner}, found
        assert services.destination.has_got(accepted["id"]), "the queue did not deliver"

    sent = event(
        "POST",
        "/api/exports",
        body={"document": "source-pdf"},
        headers={"Idempotency-Key": str(uuid4())},
        cookies=[side.cookie(owner)],
    )
    return sent, check


def callback(side: Side, services: Services) -> tuple[dict[str, Any], Check]:
    run = rows.queued_run(services)
    body = json.dumps(side.message(run.id)).encode()
    now = services.database.execute("SELECT extract(epoch FROM clock_timestamp())::float8 AS now").fetchone()
    assert now is not None
    keys = SigningKeys(QSTASH["QSTASH_CURRENT_SIGNING_KEY"], QSTASH["QSTASH_NEXT_SIGNING_KEY"])
    signature = keys.sign(services.destination.url + JOB, body, now["now"])

    def check(answer: Any) -> None:
        assert json.loads(body_of(answer, 200)) == {"done": True}, answer
        found = services.database.execute(
            "SELECT state::text, key, expires_at > now() AS live FROM runs JOIN files ON run_id = runs.id"
            " JOIN links ON file_id = files.id WHERE runs.id = %s",
            [run.id],
        ).fetchone()
        assert found is not None, "there is no file"
        assert found["state"] == "ready", found
        assert found["live"], found
        stored = services.aws("s3").get_object(Bucket=BUCKET, Key=found["key"])["Body"].read()
        assert stored == services.source.body, "the file is not the source's"

    headers = {"Upstash-Signature": signature, "Upstash-Retried": "0", "Content-Type": "application/json"}
    return event("POST", JOB, body=body.decode(), headers=headers), check


def download(side: Side, services: Services) -> tuple[dict[str, Any], Check]:
    run = rows.ready_run(services)

    def check(answer: Any) -> None:
        assert body_of(answer, 200) == services.source.body, "other bytes than the file's"
        assert answer["headers"]["content-type"] == "application/pdf", answer["headers"]
        visits = services.database.execute(
            "SELECT count(*) AS visits FROM visits WHERE link_id = %s AND outcome = 'admitted'", [run.link]
        ).fetchone()
        assert visits == {"visits": 2}, visits  # that of ready_run, and this one

    return event("GET", f"/download/{side.token(run.link)}", headers={"User-Agent": "bench"}), check


def bare(side: Side, services: Services) -> tuple[dict[str, Any], Check]:
    def check(answer: Any) -> None:
        assert body_of(answer, 200) == b"{}"

    return event("GET", "/"), check


PREPARE = {"trigger": trigger, "callback": callback, "status": status, "download": download, "bare": bare}


def body_of(answer: Any, status: int) -> bytes:
    assert answer["statusCode"] == status, answer
    body: str = answer.get("body") or ""
    return base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
