"""A webhook's handler as it is usually written: what came is in Postgres before it is answered."""

import os
from datetime import datetime

import psycopg
from fastapi import FastAPI, HTTPException, Request
from mangum import Mangum
from pydantic import BaseModel
from standardwebhooks import Webhook, WebhookVerificationError

app = FastAPI()
webhook = Webhook(os.environ["WEBHOOK_SECRET"])
# Opened once for each container: the better way of the two that are usual.
database = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


class Data(BaseModel):
    call_id: str


class Event(BaseModel):
    type: str
    timestamp: datetime
    data: Data


class Accepted(BaseModel):
    accepted: bool = True


@app.post("/events/writes", status_code=202)
async def take_event(request: Request) -> Accepted:
    body = await request.body()
    try:
        webhook.verify(body, dict(request.headers))
    except WebhookVerificationError:
        raise HTTPException(401, "not signed") from None
    event = Event.model_validate_json(body)
    record(request.headers["webhook-id"], event, body.decode())
    return Accepted()


def record(event_id: str, event: Event, body: str) -> None:
    with database.transaction():
        new = database.execute(
            "INSERT INTO peer_events VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id",
            [event_id, event.data.call_id, event.type, event.timestamp, body],
        ).fetchone()
        if new is None:
            return
        started_at = event.timestamp if event.type == "call.started" else None
        ended_at = event.timestamp if event.type == "call.ended" else None
        database.execute(
            "INSERT INTO peer_calls AS known VALUES (%s, %s, %s, 1) ON CONFLICT (call_id) DO UPDATE SET"
            " started_at = COALESCE(known.started_at, excluded.started_at),"
            " ended_at = COALESCE(known.ended_at, excluded.ended_at), events = known.events + 1",
            [event.data.call_id, started_at, ended_at],
        )


handler = Mangum(app, lifespan="off")
