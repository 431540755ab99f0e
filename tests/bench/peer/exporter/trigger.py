"""POST /api/exports: a row, and a message on the queue."""

from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import FastAPI, Header, HTTPException, Response
from mangum import Mangum
from psycopg.types.json import Jsonb
from pydantic import BaseModel, Field
from qstash import QStash

from . import config
from .database import Database
from .session import Owner

app = FastAPI()
qstash = QStash(config.QSTASH_TOKEN, base_url=config.QSTASH_URL)
MAX_ACTIVE = 5


class ExportIn(BaseModel):
    document: Annotated[str, Field(min_length=1, max_length=100)] = "source-pdf"
    parameters: dict[str, Any] = {}


class ExportAccepted(BaseModel):
    id: UUID
    href: str


@app.post("/api/exports", status_code=202)
def request_export(
    body: ExportIn, owner: Owner, database: Database, response: Response, idempotency_key: Annotated[str, Header()]
) -> ExportAccepted:
    known = database.execute(
        "SELECT run_id FROM idempotency_keys WHERE owner = %s AND key = %s", [owner, idempotency_key]
    ).fetchone()
    if known is None:
        export_id = create_export(body, owner, database, idempotency_key)
        qstash.message.publish_json(
            url=f"{config.DELIVERY_URL}/api/jobs/produce_export", body={"id": str(export_id)}, retries=3
        )
    else:
        export_id = known["run_id"]
    response.headers["Location"] = f"/api/exports/{export_id}"
    return ExportAccepted(id=export_id, href=f"/api/exports/{export_id}")


def create_export(body: ExportIn, owner: str, database: Database, key: str) -> UUID:
    active = database.execute(
        "SELECT count(*) AS runs FROM runs WHERE owner = %s AND state IN ('queued', 'running')", [owner]
    ).fetchone()
    assert active is not None
    if active["runs"] >= MAX_ACTIVE:
        raise HTTPException(429, "too many exports")
    export_id = uuid4()
    database.execute(
        "INSERT INTO runs (id, owner, document, parameters, job_type, slot, max_attempts, deadline_at, created_at,"
        " updated_at) VALUES (%s, %s, %s, %s, 'produce_export', %s, 4, now() + interval '15 minutes', now(), now())",
        [export_id, owner, body.document, Jsonb(body.parameters), active["runs"] + 1],
    )
    database.execute(
        "INSERT INTO idempotency_keys (owner, key, body_hash, run_id, created_at) VALUES (%s, %s, '', %s, now())",
        [owner, key, export_id],
    )
    database.commit()
    return export_id


handler = Mangum(app, lifespan="off")
