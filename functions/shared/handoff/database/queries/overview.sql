-- name: count_runs
-- How many runs there are of each kind in each state, and when the first and the last of them changed.
SELECT
    job_type, state::text AS state, count(*) AS runs, rfc3339(min(updated_at)) AS first_change,
    rfc3339(max(updated_at)) AS last_change
FROM runs
GROUP BY job_type, runs.state
ORDER BY job_type, runs.state

-- name: count_waiting
-- What waits to be sent: messages of runs, and those of jobs that are no runs, which are held whole. Ages in seconds.
SELECT
    outbox.waiting, outbox.overdue, outbox.oldest, outbox.publishes, held.messages AS held, held.oldest AS held_oldest,
    held.publishes AS held_publishes
FROM (SELECT clock_timestamp() AS now) AS clock
CROSS JOIN LATERAL (
    SELECT
        count(*) AS waiting, count(*) FILTER (WHERE publish_after <= clock.now) AS overdue,
        COALESCE(extract(epoch FROM clock.now - min(created_at)), 0)::float8 AS oldest,
        COALESCE(max(publishes), 0) AS publishes
    FROM outbox
) AS outbox
CROSS JOIN LATERAL (
    SELECT
        count(*) AS messages, COALESCE(extract(epoch FROM clock.now - min(created_at)), 0)::float8 AS oldest,
        COALESCE(max(publishes), 0) AS publishes
    FROM message_outbox
) AS held

-- name: read_troubled
-- The runs that ended last of those that failed or ran out of time.
SELECT id, job_type, state::text AS state, outcome, rfc3339(ended_at) AS ended_at
FROM runs
WHERE state IN ('failed', 'timed_out')
ORDER BY runs.ended_at DESC, id
LIMIT %(limit)s::int

-- name: read_run
-- One run, whoever it belongs to, and when its message is due.
SELECT
    run.id, run.owner, run.job_type, run.document, run.state::text AS state, run.try AS try_, run.attempt,
    run.max_attempts, run.outcome, run.outcome_request, run.given_up_try, run.dead_letter_id,
    rfc3339(run.created_at) AS created_at, rfc3339(run.updated_at) AS updated_at,
    rfc3339(run.started_at) AS started_at, rfc3339(run.ended_at) AS ended_at, rfc3339(run.deadline_at) AS deadline_at,
    rfc3339(run.lease_expires_at) AS lease_expires_at, rfc3339(run.called_at) AS called_at,
    rfc3339(outbox.publish_after) AS message_due_at, outbox.publishes
FROM runs AS run LEFT JOIN outbox ON outbox.run_id = run.id
WHERE run.id = %(id)s::uuid
