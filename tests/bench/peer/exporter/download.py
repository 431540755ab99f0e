"""GET /download/{token}: the file, while its link lives."""

from typing import Annotated
from uuid import uuid4

from fastapi import FastAPI, Header, HTTPException, Response
from mangum import Mangum

from .database import Database
from .storage import get_file
from .tokens import read_token

app = FastAPI()


@app.get("/download/{token}")
def download(token: str, database: Database, user_agent: Annotated[str, Header()] = "") -> Response:
    link_id = read_token(token)
    link = database.execute(
        "SELECT key, name, content_type, etag, expires_at > clock_timestamp() AND revoked_at IS NULL AS live"
        " FROM links JOIN files ON files.id = file_id WHERE links.id = %s",
        [link_id],
    ).fetchone()
    if link is None:
        raise HTTPException(404, "no such link")
    database.execute(
        "INSERT INTO visits (id, link_id, at, outcome, method, counted, user_agent)"
        " VALUES (%s, %s, now(), %s, 'GET', true, %s)",
        [uuid4(), link_id, "admitted" if link["live"] else "ended", user_agent],
    )
    database.commit()
    if not link["live"]:
        raise HTTPException(410, "this link has ended")
    return Response(
        get_file(link["key"]),
        media_type=link["content_type"],
        headers={
            "Content-Disposition": f'attachment; filename="{link["name"]}"',
            "Cache-Control": "private, no-store",
            "ETag": link["etag"],
        },
    )


handler = Mangum(app, lifespan="off")
