-- name: retry_run
-- An ended run that is not ready goes back to queued, with a higher try and a new deadline.
WITH run AS (
    SELECT id, state, try, retry_id FROM runs WHERE id = %(id)s::uuid AND job_type = %(job_type)s::text AND owner = %(owner)s::text
    FOR UPDATE
), clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now FROM run
), slot AS MATERIALIZED (
    SELECT min(free) AS free FROM generate_series(1, %(max_active)s::int) AS free
    WHERE NOT EXISTS (
        SELECT FROM runs WHERE owner = %(owner)s::text AND slot = free AND state IN ('queued', 'running')
    )
), queued AS (
    UPDATE runs SET
        state = 'queued', version = runs.version + 1, slot = slot.free, try = runs.try + 1, attempt = 0,
        outcome = NULL, outcome_request = NULL, given_up_try = NULL, dead_letter_id = NULL, retry_id = %(retry_id)s::uuid,
        lease_token = NULL, lease_expires_at = NULL,
        deadline_at = now + make_interval(secs => %(deadline_seconds)s::float8),
        message_due_at = now + make_interval(secs => %(outbox_grace_seconds)s::float8),
        updated_at = now, started_at = NULL, ended_at = NULL
    FROM run, slot, clock
    WHERE runs.id = run.id AND run.state IN ('failed', 'canceled', 'timed_out')
        -- This same request, sent again after its answer was lost: whatever came of its retry stays.
        AND run.retry_id IS DISTINCT FROM %(retry_id)s::uuid
    RETURNING runs.id, runs.try
)
SELECT
    run.state::text AS state, COALESCE(queued.try, run.try) AS try_,
    (queued.id IS NOT NULL OR run.retry_id IS NOT DISTINCT FROM %(retry_id)s::uuid) AS accepted
FROM run LEFT JOIN queued ON true

-- name: cancel_run
-- Ends an unfinished run; a worker that holds its lease finds it gone and drops what it made.
WITH run AS (
    SELECT id, state, try FROM runs WHERE id = %(id)s::uuid AND job_type = %(job_type)s::text AND owner = %(owner)s::text
    FOR UPDATE
), clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now FROM run
), canceled AS (
    UPDATE runs SET
        state = 'canceled', version = runs.version + 1, lease_token = NULL, lease_expires_at = NULL,
        updated_at = now, ended_at = now
    FROM run, clock
    WHERE runs.id = run.id AND run.state IN ('queued', 'running')
    RETURNING runs.id
)
SELECT run.state::text AS state, run.try AS try_, (canceled.id IS NOT NULL OR run.state = 'canceled') AS accepted
FROM run LEFT JOIN canceled ON true
