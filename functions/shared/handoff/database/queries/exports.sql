-- name: request_export
-- A run, its message (by the trigger that keeps the outbox) and its key; or, for a known key, the run it stands for.
WITH clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now
), slot AS MATERIALIZED (
    -- The own id is left out, so that the same statement may run again after its answer was lost.
    SELECT min(free) AS free FROM generate_series(1, %(max_active)s::int) AS free
    WHERE NOT EXISTS (
        SELECT FROM runs
        WHERE owner = %(owner)s::text AND slot = free AND state IN ('queued', 'running') AND id <> %(id)s::uuid
    )
), key AS (
    INSERT INTO idempotency_keys AS known (owner, key, body_hash, run_id, created_at)
    SELECT %(owner)s::text, %(key)s::text, %(body_hash)s::text, %(id)s::uuid, now FROM clock
    -- The update that changes nothing makes the second caller wait for the first and see its row.
    ON CONFLICT (owner, key) DO UPDATE SET
        body_hash = CASE WHEN known.created_at > excluded.created_at - interval '24 hours'
            THEN known.body_hash ELSE excluded.body_hash END,
        run_id = CASE WHEN known.created_at > excluded.created_at - interval '24 hours'
            THEN known.run_id ELSE excluded.run_id END,
        created_at = CASE WHEN known.created_at > excluded.created_at - interval '24 hours'
            THEN known.created_at ELSE excluded.created_at END
    RETURNING run_id, body_hash
), run AS (
    INSERT INTO runs (
        id, owner, document, parameters, job_type, slot, max_attempts, deadline_at, message_due_at, created_at,
        updated_at
    )
    SELECT
        key.run_id, %(owner)s::text, %(document)s::text, %(parameters)s::jsonb, %(job_type)s::text, slot.free,
        %(max_attempts)s::int, now + make_interval(secs => %(deadline_seconds)s::float8),
        now + make_interval(secs => %(outbox_grace_seconds)s::float8), now, now
    FROM key, slot, clock
    WHERE key.run_id = %(id)s::uuid
    ON CONFLICT (id) DO NOTHING
)
SELECT run_id AS id, body_hash FROM key

-- name: read_exports
-- The owner's exports, newest first: one by its id, or a page of those before a cursor. A look of a waiting page.
-- Without any there is one row of the time alone.
SELECT
    run.id, run.document, run.parameters, run.state::text AS state, run.version, run.try AS try_, run.attempt,
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
ORDER BY run.created_at DESC, run.id DESC
