"""A webhook's handler as it is usually written: a row and a message for what came before it is answered, and the work
later. Both are needed before the answer: the message names the row, and without the message nobody looks at it."""

import os
from datetime import datetime
from typing import Annotated

import psycopg
from fastapi import FastAPI, Header, HTTPException, Request
from mangum import Mangum
from psycopg.rows import dict_row
from pydantic import BaseModel
from qstash import QStash, Receiver
from qstash.errors import SignatureError
from standardwebhooks import Webhook, WebhookVerificationError

app = FastAPI()
webhook = Webhook(os.environ["WEBHOOK_SECRET"])
# Opened once for each container: the better way of the two that are usual.
database = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, row_factory=dict_row)
qstash = QStash(os.environ["QSTASH_TOKEN"], base_url=os.environ["QSTASH_URL"])
receiver = Receiver(os.environ["QSTASH_CURRENT_SIGNING_KEY"], os.environ["QSTASH_NEXT_SIGNING_KEY"])
RECORD_URL = os.environ["DELIVERY_URL"] + "/api/jobs/record"


class Data(BaseModel):
    call_id: str


class Event(BaseModel):
    type: str
    timestamp: datetime
    data: Data


class Accepted(BaseModel):
    accepted: bool = True


class Message(BaseModel):
    id: str


@app.post("/events/publishes", status_code=202)
async def take_event(request: Request) -> Accepted:
    body = await request.body()
    try:
        webhook.verify(body, dict(request.headers))
    except WebhookVerificationError:
        raise HTTPException(401, "not signed") from None
    event, event_id = Event.model_validate_json(body), request.headers["webhook-id"]
    new = database.execute(
        "INSERT INTO peer_events VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id",
        [event_id, event.data.call_id, event.type, event.timestamp, body.decode()],
    ).fetchone()
    if new is not None:
        qstash.message.publish_json(
            url=RECORD_URL, body={"id": event_id}, retries=3, flow_control={"key": "record", "parallelism": 10}
        )
    return Accepted()


@app.post("/api/jobs/record")
async def record(request: Request, upstash_signature: Annotated[str, Header()]) -> Accepted:
    body = (await request.body()).decode()
    try:
        receiver.verify(signature=upstash_signature, body=body, url=RECORD_URL)
    except SignatureError:
        raise HTTPException(401, "not signed") from None
    database.execute(
        "INSERT INTO peer_calls AS known"
        " SELECT call_id, CASE WHEN type = 'call.started' THEN at END, CASE WHEN type = 'call.ended' THEN at END, 1"
        " FROM peer_events WHERE id = %s ON CONFLICT (call_id) DO UPDATE SET"
        " started_at = COALESCE(known.started_at, excluded.started_at),"
        " ended_at = COALESCE(known.ended_at, excluded.ended_at), events = known.events + 1",
        [Message.model_validate_json(body).id],
    )
    return Accepted()


handler = Mangum(app, lifespan="off")
