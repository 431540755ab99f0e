-- name: claim_run
-- Takes the lease of a run that waits for a worker, or whose worker's lease ran out, and names the key to write to.
WITH run AS (
    SELECT * FROM runs WHERE id = %(id)s::uuid AND job_type = %(job_type)s::text FOR UPDATE
), clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now FROM run
), claimed AS (
    UPDATE runs SET
        state = 'running', version = runs.version + 1, attempt = COALESCE(%(attempt)s::int, runs.attempt + 1),
        -- What brings an image is the answer to its call: nobody sends that again.
        called_at = CASE WHEN runs.generation_id IS NOT NULL AND runs.try = %(try_)s::int
            THEN COALESCE(runs.called_at, now) ELSE runs.called_at END,
        lease_token = %(lease_token)s::uuid, lease_expires_at = now + make_interval(secs => %(lease_seconds)s::float8),
        started_at = COALESCE(runs.started_at, now), updated_at = now, ended_at = NULL
    FROM run, clock
    WHERE runs.id = run.id AND run.deadline_at > now
        AND (run.state = 'queued' OR (run.state = 'running' AND run.lease_expires_at <= now))
    RETURNING runs.id
), file AS (
    INSERT INTO files (id, run_id, key, created_at)
    SELECT %(lease_token)s::uuid, id, %(file_key)s::text, now FROM claimed, clock
)
SELECT
    run.document, run.parameters, run.try AS try_, run.message_id,
    CASE
        WHEN claimed.id IS NOT NULL OR run.lease_token IS NOT DISTINCT FROM %(lease_token)s::uuid THEN 'claimed'
        WHEN run.state = 'running' AND run.lease_expires_at > now THEN 'leased'
        WHEN run.state IN ('queued', 'running') THEN 'past_deadline'
        ELSE 'ended'
    END AS answer,
    COALESCE(extract(epoch FROM run.lease_expires_at - now), 0)::float8 AS lease_seconds_left
FROM run CROSS JOIN clock LEFT JOIN claimed ON true

-- name: fail_attempt
-- Gives the lease back after an attempt that failed: for good, or to be delivered again.
WITH run AS (
    SELECT id, try, generation_id FROM runs
    WHERE id = %(id)s::uuid AND lease_token = %(lease_token)s::uuid
    FOR UPDATE
), clock AS MATERIALIZED (
    SELECT
        clock_timestamp() AS now,
        -- The answer to a call of an earlier try says nothing of what the current one's will be.
        (%(permanent)s::boolean AND (run.generation_id IS NULL OR %(try_)s::int = run.try))
            OR (%(last_attempt)s::boolean AND %(try_)s::int = run.try) AS final
    FROM run
), released AS (
    UPDATE runs SET
        state = CASE WHEN final THEN 'failed'::run_state ELSE 'queued' END, version = version + 1,
        outcome = %(outcome)s::text, outcome_request = %(request_id)s::text,
        lease_token = NULL, lease_expires_at = NULL,
        -- The queue delivers again by itself; the sweep sends another message only when that is overdue, and a call,
        -- which was paid for, never again.
        message_due_at = CASE WHEN runs.called_at IS NULL
            THEN now + make_interval(secs => %(message_due_seconds)s::float8) ELSE runs.deadline_at END,
        updated_at = now, ended_at = CASE WHEN final THEN now END
    FROM clock
    WHERE runs.id = %(id)s::uuid AND lease_token = %(lease_token)s::uuid
    RETURNING runs.state
)
SELECT state::text AS state FROM released

-- name: complete_run
-- The end of a job: the run is ready, its file is stored, and its first link starts to live, all at one moment.
WITH run AS (
    SELECT id, lease_token, created_at FROM runs WHERE id = %(id)s::uuid FOR UPDATE
), mine AS (
    SELECT stored_at FROM files WHERE id = %(lease_token)s::uuid FOR UPDATE
), clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now FROM run, mine
), ready AS (
    UPDATE runs SET
        state = 'ready', version = runs.version + 1, lease_token = NULL, lease_expires_at = NULL,
        outcome = NULL, outcome_request = NULL, updated_at = now, ended_at = now
    FROM run, clock
    WHERE runs.id = run.id AND run.lease_token = %(lease_token)s::uuid
    RETURNING runs.id
), file AS (
    UPDATE files SET
        stored_at = now, etag = %(etag)s::text, content_type = %(content_type)s::text, name = %(name)s::text, size = %(size)s::bigint
    FROM ready, clock
    WHERE files.id = %(lease_token)s::uuid
    RETURNING files.id
), link AS (
    INSERT INTO links (id, file_id, created_at, expires_at)
    SELECT %(link_id)s::uuid, file.id, now, now + make_interval(secs => %(link_ttl_seconds)s::float8) FROM file, clock
)
SELECT
    (ready.id IS NOT NULL OR mine.stored_at IS NOT NULL) AS completed,
    extract(epoch FROM clock.now - run.created_at)::float8 AS seconds_since_request
FROM run CROSS JOIN mine CROSS JOIN clock LEFT JOIN ready ON true

-- name: report_given_up
-- The queue gave up on a message: recorded for its current try; ends the run if nobody is at work on it.
WITH run AS (
    SELECT * FROM runs WHERE id = %(id)s::uuid AND job_type = %(job_type)s::text FOR UPDATE
), clock AS MATERIALIZED (
    SELECT
        clock_timestamp() AS now,
        run.state IN ('queued', 'running') AND NOT COALESCE(run.lease_expires_at > clock_timestamp(), false) AS ends
    FROM run
), reported AS (
    UPDATE runs SET
        given_up_try = %(try_)s::int, dead_letter_id = COALESCE(%(dead_letter_id)s::text, run.dead_letter_id),
        attempt = CASE WHEN ends THEN COALESCE(%(attempt)s::int, run.attempt) ELSE run.attempt END,
        state = CASE WHEN ends THEN 'failed' ELSE run.state END, version = run.version + ends::int,
        outcome = CASE WHEN ends THEN COALESCE(%(outcome)s::text, run.outcome, 'undeliverable') ELSE run.outcome END,
        outcome_request = CASE WHEN ends AND (%(outcome)s::text IS NOT NULL OR run.outcome_request IS NULL)
            THEN %(request_id)s::text ELSE run.outcome_request END,
        lease_token = CASE WHEN ends THEN NULL ELSE run.lease_token END,
        lease_expires_at = CASE WHEN ends THEN NULL ELSE run.lease_expires_at END,
        updated_at = CASE WHEN ends THEN now ELSE run.updated_at END,
        ended_at = CASE WHEN ends THEN now ELSE run.ended_at END
    FROM run, clock
    WHERE runs.id = run.id AND run.try = %(try_)s::int
    RETURNING runs.state
)
SELECT COALESCE(reported.state, run.state)::text AS state, (reported.state IS NOT NULL AND clock.ends) AS ended
FROM run CROSS JOIN clock LEFT JOIN reported ON true

-- name: return_expired_leases
-- Runs whose worker vanished: back to queued with a message due at once, or failed if the queue had given up on them.
WITH expired AS (
    SELECT id, given_up_try IS NOT DISTINCT FROM try AS given_up FROM runs
    WHERE state = 'running' AND lease_expires_at <= clock_timestamp()
    ORDER BY lease_expires_at LIMIT %(limit)s::int
    FOR UPDATE SKIP LOCKED
), clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now
), returned AS (
    UPDATE runs SET
        state = CASE WHEN given_up THEN 'failed'::run_state ELSE 'queued' END, version = version + 1,
        outcome = 'worker_lost', outcome_request = NULL, lease_token = NULL, lease_expires_at = NULL,
        message_due_at = CASE WHEN called_at IS NULL THEN now ELSE deadline_at END,
        updated_at = now, ended_at = CASE WHEN given_up THEN now END
    FROM expired, clock
    WHERE runs.id = expired.id
    RETURNING runs.id, runs.state
)
SELECT id, state::text AS state FROM returned

-- name: end_past_deadline
-- Unfinished runs past their deadline, whatever they were waiting for.
WITH late AS (
    SELECT id FROM runs
    WHERE state IN ('queued', 'running') AND deadline_at <= clock_timestamp()
    ORDER BY deadline_at LIMIT %(limit)s::int
    FOR UPDATE SKIP LOCKED
), clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now
), ended AS (
    UPDATE runs SET
        state = 'timed_out', version = version + 1, outcome = 'deadline', outcome_request = NULL,
        lease_token = NULL, lease_expires_at = NULL, updated_at = now, ended_at = now
    FROM late, clock
    WHERE runs.id = late.id
    RETURNING runs.id, runs.state, runs.message_id
)
SELECT id, state::text AS state, message_id FROM ended

-- name: take_due_messages
-- Messages that nobody claimed in time, to be sent again. The pause doubles twice and then stays. A job's has a higher
-- try, a call's the same: if the queue has it after all, it knows the deduplication id and swallows the second.
WITH due AS (
    -- Both rows are locked, so that both are looked at as they are: a message that another sweep has just pushed back
    -- is not due, whatever this statement's snapshot says.
    SELECT runs.id, (runs.generation_id IS NULL)::int AS is_job FROM runs JOIN outbox ON outbox.run_id = runs.id
    WHERE outbox.publish_after <= clock_timestamp() AND runs.state = 'queued' AND runs.called_at IS NULL
    ORDER BY outbox.publish_after LIMIT %(limit)s::int
    FOR UPDATE OF runs, outbox SKIP LOCKED
), clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now
), paused AS (
    UPDATE outbox SET
        publishes = publishes + 1,
        publish_after = now + make_interval(secs => %(outbox_grace_seconds)s::float8 * power(2, LEAST(publishes, 2)))
    FROM due, clock
    WHERE outbox.run_id = due.id
    RETURNING outbox.run_id, due.is_job, clock.now - outbox.created_at AS age
), raised AS (
    UPDATE runs SET
        try = try + is_job, version = version + is_job, updated_at = CASE is_job WHEN 1 THEN now ELSE updated_at END
    FROM paused, clock
    WHERE runs.id = paused.run_id
    RETURNING runs.id, runs.job_type, runs.try, runs.parameters, paused.age
)
SELECT id, job_type, try AS try_, parameters, extract(epoch FROM age)::float8 AS age_seconds FROM raised

-- name: delete_old_runs
-- Runs past retention whose files are gone, with their links, visits and keys.
DELETE FROM runs
WHERE id IN (
    SELECT id FROM runs
    WHERE state NOT IN ('queued', 'running')
        AND ended_at <= clock_timestamp() - make_interval(days => %(retention_days)s::int)
        AND NOT EXISTS (SELECT FROM files WHERE files.run_id = runs.id AND files.removed_at IS NULL)
    ORDER BY ended_at LIMIT %(limit)s::int
    FOR UPDATE SKIP LOCKED
)
RETURNING id, state::text AS state

-- name: delete_old_idempotency_keys
-- Keys that stand for nothing any more.
DELETE FROM idempotency_keys WHERE created_at <= clock_timestamp() - interval '24 hours' RETURNING run_id
