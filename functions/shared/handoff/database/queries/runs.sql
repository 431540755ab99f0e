-- part: asked_for
-- What a request for runs begins with: places that are free for them, and its key, which says what it stands for.
clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now
), wanted AS MATERIALIZED (
    SELECT id, position FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS wanted (id, position)
), place AS MATERIALIZED (
    -- The own ids are left out, so that the same statement may run again after its answer was lost.
    SELECT free AS slot, row_number() OVER (ORDER BY free) AS position
    FROM generate_series(1, %(max_active)s::int) AS free
    WHERE NOT EXISTS (
        SELECT FROM runs
        WHERE owner = %(owner)s::text AND slot = free AND state IN ('queued', 'running') AND id <> ALL (%(ids)s::uuid[])
    )
), key AS (
    INSERT INTO idempotency_keys AS known (owner, key, body_hash, run_id, generation_id, created_at)
    SELECT %(owner)s::text, %(key)s::text, %(body_hash)s::text, (%(ids)s::uuid[])[1], %(generation_id)s::uuid, now
    FROM clock
    -- The update that changes nothing makes the second caller wait for the first and see its row.
    ON CONFLICT (owner, key) DO UPDATE SET
        body_hash = CASE WHEN known.created_at > excluded.created_at - interval '24 hours'
            THEN known.body_hash ELSE excluded.body_hash END,
        run_id = CASE WHEN known.created_at > excluded.created_at - interval '24 hours'
            THEN known.run_id ELSE excluded.run_id END,
        generation_id = CASE WHEN known.created_at > excluded.created_at - interval '24 hours'
            THEN known.generation_id ELSE excluded.generation_id END,
        created_at = CASE WHEN known.created_at > excluded.created_at - interval '24 hours'
            THEN known.created_at ELSE excluded.created_at END
    RETURNING run_id, generation_id, body_hash
)

-- part: shown_columns
-- What owners see of every run, of the tables below.
    run.id, run.state::text AS state, run.version, run.try AS try_, run.attempt,
    GREATEST(run.attempt, run.max_attempts) AS max_attempts, run.outcome, run.outcome_request,
    rfc3339(run.created_at) AS created_at, rfc3339(run.updated_at) AS updated_at,
    rfc3339(run.started_at) AS started_at, rfc3339(run.ended_at) AS ended_at, rfc3339(run.deadline_at) AS deadline_at,
    file.name AS file_name, file.content_type AS file_content_type, file.size AS file_size,
    rfc3339(file.stored_at) AS file_stored_at, rfc3339(COALESCE(file.removed_at, file.removing_at)) AS file_removed_at,
    rfc3339(file.stored_at + make_interval(days => %(retention_days)s::int)) AS file_kept_until,
    COALESCE(link.items, '[]') AS links, link.live AS live_links,
    extract(epoch FROM link.next_end - clock.now)::float8 AS seconds_to_next_end,
    visited.visits AS visit_count, visited.admitted AS admitted_count, visited.downloads, COALESCE(visit.items, '[]') AS visits,
    rfc3339(clock.now) AS server_time

-- part: shown_tables
-- Beside `clock` and `run`: the run's file, its links and who came.
LEFT JOIN files AS file ON file.run_id = run.id AND file.stored_at IS NOT NULL
CROSS JOIN LATERAL (
    SELECT
        count(*) AS visits, count(*) FILTER (WHERE visits.outcome = 'admitted') AS admitted,
        count(*) FILTER (WHERE visits.counted AND visits.outcome = 'admitted') AS downloads
    FROM links JOIN visits ON visits.link_id = links.id
    WHERE links.file_id = file.id
) AS visited
CROSS JOIN LATERAL (
    SELECT
        jsonb_agg(jsonb_build_object(
            'id', id, 'created_at', rfc3339(created_at), 'expires_at', rfc3339(expires_at),
            'revoked_at', rfc3339(revoked_at), 'state', state, 'downloads', (
                SELECT count(*) FROM visits WHERE link_id = shown.id AND counted AND outcome = 'admitted'
            )
        ) ORDER BY created_at DESC, id) AS items,
        count(*) FILTER (WHERE state = 'live') AS live, min(expires_at) FILTER (WHERE state = 'live') AS next_end
    FROM (
        SELECT *, link_state(expires_at, revoked_at, file.removing_at, clock.now) AS state
        FROM links WHERE file_id = file.id
        -- Those that work come before newer ones that do not: whoever wants to revoke must see them.
        ORDER BY link_state(expires_at, revoked_at, file.removing_at, clock.now) <> 'live', created_at DESC, id LIMIT 20
    ) AS shown
) AS link
CROSS JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
        'at', rfc3339(at), 'link_id', link_id, 'outcome', outcome, 'method', method, 'range', range,
        'user_agent', user_agent
    ) ORDER BY at DESC) AS items
    FROM (
        SELECT visits.* FROM links JOIN visits ON visits.link_id = links.id
        WHERE links.file_id = file.id AND %(with_visits)s::boolean
        ORDER BY visits.at DESC LIMIT 20
    ) AS latest
) AS visit

-- name: retry_run
-- An ended run that is not ready goes back to queued, with a higher try and a new deadline.
WITH run AS (
    SELECT * FROM runs WHERE id = %(id)s::uuid AND job_type = %(job_type)s::text AND owner = %(owner)s::text FOR UPDATE
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
        lease_token = NULL, lease_expires_at = NULL, called_at = NULL, message_id = NULL,
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
    (queued.id IS NOT NULL OR run.retry_id IS NOT DISTINCT FROM %(retry_id)s::uuid) AS accepted,
    -- What the queue has, or nobody waits for any more, is not sent, however often this is asked for.
    queued.id IS NOT NULL OR (run.state = 'queued' AND run.called_at IS NULL) AS is_to_be_sent,
    run.parameters, run.generation_id
FROM run LEFT JOIN queued ON true

-- name: cancel_run
-- Ends an unfinished run; a worker that holds its lease finds it gone and drops what it made.
WITH run AS (
    SELECT id, state, message_id FROM runs
    WHERE id = %(id)s::uuid AND job_type = %(job_type)s::text AND owner = %(owner)s::text
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
SELECT run.state::text AS state, (canceled.id IS NOT NULL OR run.state = 'canceled') AS accepted, run.message_id
FROM run LEFT JOIN canceled ON true
