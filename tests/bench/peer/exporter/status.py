"""GET /api/exports/{id}: how an export stands."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import FastAPI, HTTPException
from mangum import Mangum
from pydantic import BaseModel

from . import config
from .database import Database
from .session import Owner
from .tokens import make_token

app = FastAPI()


class FileOut(BaseModel):
    name: str
    content_type: str
    size: int
    stored_at: datetime


class LinkOut(BaseModel):
    id: UUID
    url: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    state: str
    downloads: int


class VisitOut(BaseModel):
    at: datetime
    link_id: UUID
    outcome: str
    method: str
    range: str | None
    user_agent: str | None


class ExportOut(BaseModel):
    id: UUID
    document: str
    parameters: dict[str, Any]
    state: str
    attempt: int
    max_attempts: int
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    deadline_at: datetime
    file: FileOut | None
    links: list[LinkOut]
    visits: list[VisitOut]
    server_time: datetime


@app.get("/api/exports/{id}")
def read_export(id: UUID, owner: Owner, database: Database) -> ExportOut:
    run = database.execute(
        "SELECT *, clock_timestamp() AS server_time FROM runs WHERE id = %s AND owner = %s", [id, owner]
    ).fetchone()
    if run is None:
        raise HTTPException(404, "no such export")
    file = database.execute("SELECT * FROM files WHERE run_id = %s AND stored_at IS NOT NULL", [id]).fetchone()
    links: list[dict[str, Any]] = []
    visits: list[dict[str, Any]] = []
    if file is not None:
        links = database.execute(
            "SELECT links.*, link_state(expires_at, revoked_at, NULL, clock_timestamp()) AS state,"
            " (SELECT count(*) FROM visits WHERE link_id = links.id AND outcome = 'admitted') AS downloads"
            " FROM links WHERE file_id = %s ORDER BY created_at DESC LIMIT 20",
            [file["id"]],
        ).fetchall()
        visits = database.execute(
            "SELECT visits.* FROM visits JOIN links ON links.id = link_id WHERE file_id = %s ORDER BY at DESC LIMIT 20",
            [file["id"]],
        ).fetchall()
    return ExportOut(
        **run,
        file=FileOut(**file) if file else None,
        links=[LinkOut(**link, url=f"{config.PUBLIC_URL}/download/{make_token(link['id'])}") for link in links],
        visits=[VisitOut(**visit) for visit in visits],
    )


handler = Mangum(app, lifespan="off")
