-- name: hold_message
-- A message that the queue did not take, for the sweep.
INSERT INTO message_outbox (id, job_type, body, publish_after, created_at)
SELECT
    %(id)s::uuid, %(job_type)s::text, %(body)s::text, now + make_interval(secs => %(seconds)s::float8), now
FROM (SELECT clock_timestamp() AS now) AS clock
ON CONFLICT (id) DO NOTHING
RETURNING id

-- name: take_held_messages
-- Those that are due, oldest first; each time the pause before the next doubles, up to 32 times.
WITH due AS (
    SELECT id FROM message_outbox
    WHERE publish_after <= clock_timestamp()
    ORDER BY publish_after LIMIT %(limit)s::int
    FOR UPDATE SKIP LOCKED
), clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now
)
UPDATE message_outbox AS held SET
    publishes = held.publishes + 1,
    publish_after = now + make_interval(secs => %(grace_seconds)s::float8 * power(2, LEAST(held.publishes, 5)))
FROM due, clock
WHERE held.id = due.id
RETURNING
    held.id, held.job_type, held.body, held.publishes,
    extract(epoch FROM clock.now - held.created_at)::float8 AS age_seconds

-- name: let_go
-- The queue took these.
DELETE FROM message_outbox WHERE id = ANY (%(ids)s::uuid[]) RETURNING id
