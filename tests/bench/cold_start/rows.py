"""What is in the database before a request: a run that waits for its worker, or one that is ready."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from tests.bench.cold_start.services import BUCKET, Services

RUN = """
INSERT INTO runs (
    id, owner, document, job_type, state, slot, max_attempts, deadline_at, created_at, updated_at, started_at, ended_at,
    attempt
)
SELECT %(id)s, %(owner)s, 'source-pdf', 'produce_export', %(state)s::run_state, 1, 4, now + interval '15 minutes', now,
    now,
    CASE WHEN %(state)s::text = 'ready' THEN now END, CASE WHEN %(state)s::text = 'ready' THEN now END, 0
FROM clock_timestamp() AS now
"""
FILE = """
INSERT INTO files (id, run_id, key, etag, content_type, name, size, created_at, stored_at)
VALUES (%(file)s, %(id)s, %(key)s, '"etag"', 'application/pdf', 'document.pdf', %(size)s, now(), now())
"""
LINK = """
INSERT INTO links (id, file_id, created_at, expires_at)
VALUES (%(link)s, %(file)s, clock_timestamp(), clock_timestamp() + interval '120 seconds')
"""
VISIT = """
INSERT INTO visits (id, link_id, at, outcome, method, counted, user_agent)
VALUES (gen_random_uuid(), %(link)s, now(), 'admitted', 'GET', true, 'bench')
"""


@dataclass(frozen=True)
class Run:
    """A run of an owner of its own; `link` is that of its file, if it is ready."""

    id: UUID
    owner: str
    link: UUID


def new_owner() -> str:
    return f"anonymous:{uuid4()}"


def queued_run(services: Services) -> Run:
    run = Run(uuid4(), new_owner(), uuid4())
    services.database.execute(RUN, {"id": run.id, "owner": run.owner, "state": "queued"})
    return run


def ready_run(services: Services) -> Run:
    """With its file in the store, a live link and one visit."""
    run = Run(uuid4(), new_owner(), uuid4())
    file = uuid4()
    key = f"exports/{run.id}/{file}"
    services.aws("s3").put_object(Bucket=BUCKET, Key=key, Body=services.source.body, ContentType="application/pdf")
    names = {"id": run.id, "owner": run.owner, "state": "ready", "file": file, "link": run.link, "key": key}
    with services.database.transaction():
        services.database.execute(RUN, names)
        services.database.execute(FILE, {**names, "size": len(services.source.body)})
        services.database.execute(LINK, names)
        services.database.execute(VISIT, names)
    return run
