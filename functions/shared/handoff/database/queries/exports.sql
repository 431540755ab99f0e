-- name: request_export
-- A run, its message (by the trigger that keeps the outbox) and its key; or, for a known key, the run it stands for.
WITH
-- include: runs.asked_for
, run AS (
    INSERT INTO runs (
        id, owner, document, parameters, job_type, slot, max_attempts, deadline_at, message_due_at, created_at,
        updated_at
    )
    SELECT
        wanted.id, %(owner)s::text, %(document)s::text, %(parameters)s::jsonb, %(job_type)s::text, place.slot,
        %(max_attempts)s::int, now + make_interval(secs => %(deadline_seconds)s::float8),
        now + make_interval(secs => %(outbox_grace_seconds)s::float8), now, now
    FROM clock, key JOIN wanted ON wanted.id = key.run_id LEFT JOIN place USING (position)
    ON CONFLICT (id) DO NOTHING
)
SELECT run_id AS id, body_hash FROM key

-- name: read_exports
-- The owner's exports, newest first: one by its id, or a page of those before a cursor. A look of a waiting page.
-- Without any there is one row of the time alone.
SELECT
    run.document, run.parameters,
-- include: runs.shown_columns
FROM (SELECT clock_timestamp() AS now) AS clock
LEFT JOIN (
    SELECT * FROM runs
    WHERE owner = %(owner)s::text AND job_type = %(job_type)s::text
        AND (%(id)s::uuid IS NULL OR id = %(id)s::uuid)
        AND (%(before_id)s::uuid IS NULL
            OR (created_at, id) < (%(before_created_at)s::timestamptz, %(before_id)s::uuid))
    ORDER BY created_at DESC, id DESC
    LIMIT %(limit)s::int
) AS run ON true
-- include: runs.shown_tables
ORDER BY run.created_at DESC, run.id DESC
