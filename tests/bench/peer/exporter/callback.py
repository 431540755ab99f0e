"""POST /api/jobs/produce_export: the queue's delivery; the file is made and stored."""

from typing import Annotated
from uuid import UUID, uuid4

import httpx
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from mangum import Mangum
from pydantic import BaseModel
from qstash import Receiver
from qstash.errors import SignatureError

from . import config
from .database import Database
from .storage import put_file

app = FastAPI()
receiver = Receiver(config.QSTASH_CURRENT_SIGNING_KEY, config.QSTASH_NEXT_SIGNING_KEY)
URL = f"{config.DELIVERY_URL}/api/jobs/produce_export"


class Message(BaseModel):
    id: UUID


class Done(BaseModel):
    done: bool


async def raw_body(request: Request) -> bytes:
    return await request.body()


@app.post("/api/jobs/produce_export")
def deliver(
    body: Annotated[bytes, Depends(raw_body)], upstash_signature: Annotated[str, Header()], database: Database
) -> Done:
    try:
        receiver.verify(signature=upstash_signature, body=body.decode(), url=URL)
    except SignatureError:
        raise HTTPException(401, "not signed") from None
    export_id, lease = Message.model_validate_json(body).id, uuid4()
    claimed = database.execute(
        "UPDATE runs SET state = 'running', attempt = attempt + 1, version = version + 1, lease_token = %s,"
        " lease_expires_at = now() + interval '30 seconds', started_at = now(), updated_at = now()"
        " WHERE id = %s AND state = 'queued' RETURNING id",
        [lease, export_id],
    ).fetchone()
    database.commit()
    if claimed is not None:
        produce(export_id, lease, database)
    return Done(done=True)


def produce(export_id: UUID, lease: UUID, database: Database) -> None:
    answer = httpx.get(config.SOURCE_URL, timeout=20)
    answer.raise_for_status()
    if not answer.content.startswith(b"%PDF-"):
        raise HTTPException(500, "not a PDF")
    key = f"exports/{export_id}/{lease}"
    put_file(key, answer.content, "application/pdf")
    database.execute(
        "INSERT INTO files (id, run_id, key, etag, content_type, name, size, created_at, stored_at)"
        " VALUES (%s, %s, %s, %s, 'application/pdf', 'document.pdf', %s, now(), now())",
        [lease, export_id, key, f'"{lease.hex}"', len(answer.content)],
    )
    database.execute(
        "INSERT INTO links (id, file_id, created_at, expires_at)"
        " VALUES (%s, %s, now(), now() + make_interval(secs => %s))",
        [uuid4(), lease, config.LINK_TTL_SECONDS],
    )
    database.execute(
        "UPDATE runs SET state = 'ready', version = version + 1, lease_token = NULL, lease_expires_at = NULL,"
        " updated_at = now(), ended_at = now() WHERE id = %s AND lease_token = %s",
        [export_id, lease],
    )
    database.commit()


handler = Mangum(app, lifespan="off")
