-- name: record_call_event
-- An event, once, and what it says of its call: minima, maxima and a count, so that no order of events matters.
WITH event AS (
    INSERT INTO call_events (carrier, event_id, call_id, kind, name, at, raw, created_at)
    VALUES (
        %(carrier)s::text, %(event_id)s::text, %(call_id)s::text, %(kind)s::call_event_kind, %(name)s::text,
        %(at)s::timestamptz, %(raw)s::text, clock_timestamp()
    )
    ON CONFLICT (carrier, event_id) DO NOTHING
    RETURNING *
), call AS (
    INSERT INTO calls AS known (
        id, carrier, call_id, caller, callee, started_at, ended_at, end_reason, first_event_at, last_event_at,
        last_event, events, created_at, updated_at
    )
    SELECT
        -- Made by chance: an id made of carrier and call_id would clash in the primary key, which no ON CONFLICT watches,
        -- where the first events of a call come at the same moment.
        gen_random_uuid(), carrier, call_id, %(caller)s::text, %(callee)s::text,
        CASE WHEN kind = 'started' THEN at END, CASE WHEN kind = 'ended' THEN at END,
        CASE WHEN kind = 'ended' THEN %(reason)s::text END, at, at, name, 1, created_at, created_at
    FROM event
    WHERE call_id IS NOT NULL
    ON CONFLICT (carrier, call_id) DO UPDATE SET
        -- A carrier says the same in each event; if it does not, which is kept does not depend on their order.
        caller = LEAST(known.caller COLLATE "C", excluded.caller),
        callee = LEAST(known.callee COLLATE "C", excluded.callee),
        started_at = LEAST(known.started_at, excluded.started_at),
        ended_at = LEAST(known.ended_at, excluded.ended_at),
        end_reason = CASE
            WHEN known.ended_at < excluded.ended_at OR excluded.ended_at IS NULL THEN known.end_reason
            WHEN known.ended_at > excluded.ended_at OR known.ended_at IS NULL THEN excluded.end_reason
            ELSE LEAST(known.end_reason COLLATE "C", excluded.end_reason)
        END,
        first_event_at = LEAST(known.first_event_at, excluded.first_event_at),
        last_event_at = GREATEST(known.last_event_at, excluded.last_event_at),
        last_event = CASE
            WHEN known.last_event_at > excluded.last_event_at THEN known.last_event
            WHEN known.last_event_at < excluded.last_event_at THEN excluded.last_event
            ELSE GREATEST(known.last_event COLLATE "C", excluded.last_event)
        END,
        events = known.events + 1,
        updated_at = excluded.updated_at
)
SELECT carrier FROM event

-- name: read_failures
-- Calls that should have ended: started before max_call ago, within the window, newest first; and how many are older.
-- Without any there is one row of the time and the count alone.
SELECT
    call.id, call.carrier, call.call_id, call.caller, call.callee, rfc3339(call.started_at) AS started_at,
    rfc3339(call.ended_at) AS ended_at, call.end_reason, rfc3339(call.first_event_at) AS first_event_at,
    rfc3339(call.last_event_at) AS last_event_at, call.last_event, call.events,
    rfc3339(call.marked_at) AS marked_at, call.marked_by, rfc3339(call.created_at) AS created_at,
    older.unresolved AS older_unresolved, rfc3339(clock.now) AS server_time
FROM (SELECT clock_timestamp() AS now) AS clock
CROSS JOIN LATERAL (
    SELECT count(*) AS unresolved FROM calls
    WHERE ended_at IS NULL AND marked_at IS NULL
        AND started_at <= clock.now - make_interval(secs => %(window)s::float8)
) AS older
LEFT JOIN LATERAL (
    SELECT * FROM calls
    WHERE ended_at IS NULL AND marked_at IS NULL
        AND started_at < clock.now - make_interval(secs => %(max_call)s::float8)
        AND started_at > clock.now - make_interval(secs => %(window)s::float8)
        AND (%(before_id)s::uuid IS NULL OR (started_at, id) < (%(before)s::timestamptz, %(before_id)s::uuid))
    ORDER BY started_at DESC, id DESC
    LIMIT %(limit)s::int
) AS call ON true
ORDER BY call.started_at DESC, call.id DESC

-- name: read_calls
-- Calls by their first event, newest first. Without any there is one row of the time alone.
SELECT
    call.id, call.carrier, call.call_id, call.caller, call.callee, rfc3339(call.started_at) AS started_at,
    rfc3339(call.ended_at) AS ended_at, call.end_reason, rfc3339(call.first_event_at) AS first_event_at,
    rfc3339(call.last_event_at) AS last_event_at, call.last_event, call.events,
    rfc3339(call.marked_at) AS marked_at, call.marked_by, rfc3339(call.created_at) AS created_at,
    NULL::bigint AS older_unresolved, rfc3339(clock.now) AS server_time
FROM (SELECT clock_timestamp() AS now) AS clock
LEFT JOIN (
    SELECT * FROM calls
    WHERE %(before_id)s::uuid IS NULL OR (first_event_at, id) < (%(before)s::timestamptz, %(before_id)s::uuid)
    ORDER BY first_event_at DESC, id DESC
    LIMIT %(limit)s::int
) AS call ON true
ORDER BY call.first_event_at DESC, call.id DESC

-- name: read_timeline
-- The window that ends now, in equal steps: how many calls started and ended in each, and how many that started in it
-- should have ended and have not.
WITH clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now
), step AS (
    SELECT
        number, now,
        now - make_interval(secs => %(window)s::float8 * (%(steps)s::int - number) / %(steps)s::int) AS begins_at,
        now - make_interval(secs => %(window)s::float8 * (%(steps)s::int - number - 1) / %(steps)s::int) AS ends_at
    FROM clock, generate_series(0, %(steps)s::int - 1) AS number
)
SELECT
    rfc3339(begins_at) AS begins_at, rfc3339(ends_at) AS ends_at,
    (SELECT count(*) FROM calls WHERE started_at > begins_at AND started_at <= ends_at) AS started,
    (SELECT count(*) FROM calls WHERE ended_at > begins_at AND ended_at <= ends_at) AS ended,
    (
        SELECT count(*) FROM calls
        WHERE ended_at IS NULL AND marked_at IS NULL AND started_at > begins_at AND started_at <= ends_at
            AND started_at < now - make_interval(secs => %(max_call)s::float8)
    ) AS missing,
    rfc3339(now) AS server_time
FROM step
ORDER BY number

-- name: read_period
-- The calls of a period, in the order in which they started, and what else a report says, all at one moment. A call whose
-- start was never told belongs where it ended. Times in seconds since 1970. Without any call there is one row of the rest.
WITH clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now
), period AS MATERIALIZED (
    SELECT
        now, COALESCE(%(period_end)s::timestamptz, now) AS until,
        COALESCE(%(period_start)s::timestamptz, now - make_interval(secs => %(window_seconds)s::float8)) AS since
    FROM clock
), told AS (
    SELECT carrier, call_id, started_at, ended_at, marked_at, marked_by, started_at AS belongs_at
    FROM period JOIN calls ON started_at >= since AND started_at < until
    UNION ALL
    SELECT carrier, call_id, started_at, ended_at, marked_at, marked_by, ended_at
    FROM period JOIN calls ON started_at IS NULL AND ended_at >= since AND ended_at < until
    LIMIT %(limit)s::int
)
SELECT
    extract(epoch FROM period.now)::float8 AS now, extract(epoch FROM period.since)::float8 AS period_start,
    extract(epoch FROM period.until)::float8 AS period_end, (
        SELECT count(*) FROM calls
        WHERE started_at IS NOT NULL AND ended_at IS NULL AND marked_at IS NULL
            AND started_at < LEAST(period.since, period.now - make_interval(secs => %(max_call_seconds)s::float8))
    ) AS older_unresolved,
    told.carrier, told.call_id, extract(epoch FROM told.started_at)::float8 AS started_at,
    extract(epoch FROM told.ended_at)::float8 AS ended_at, extract(epoch FROM told.marked_at)::float8 AS marked_at,
    told.marked_by
FROM period LEFT JOIN told ON true
ORDER BY told.belongs_at, told.carrier, told.call_id

-- name: mark_call_ended
-- An operator's word that a call is over, once; of one that has ended there is nothing to say.
WITH call AS (
    SELECT * FROM calls WHERE id = %(id)s::uuid FOR UPDATE
), marked AS (
    UPDATE calls SET marked_at = clock_timestamp(), marked_by = %(marked_by)s::text, updated_at = clock_timestamp()
    FROM call
    WHERE calls.id = call.id AND call.ended_at IS NULL AND call.marked_at IS NULL
    RETURNING calls.marked_at, calls.marked_by
)
SELECT
    call.id, call.carrier, call.call_id, call.caller, call.callee, rfc3339(call.started_at) AS started_at,
    rfc3339(call.ended_at) AS ended_at, call.end_reason, rfc3339(call.first_event_at) AS first_event_at,
    rfc3339(call.last_event_at) AS last_event_at, call.last_event, call.events,
    rfc3339(COALESCE(marked.marked_at, call.marked_at)) AS marked_at,
    COALESCE(marked.marked_by, call.marked_by) AS marked_by, rfc3339(call.created_at) AS created_at,
    NULL::bigint AS older_unresolved, rfc3339(clock_timestamp()) AS server_time
FROM call LEFT JOIN marked ON true

-- name: delete_old_raw_events
-- The bodies of events past their retention; that each came, and what it said of its call, stays.
UPDATE call_events SET raw = NULL, deleted_at = clock_timestamp()
WHERE (carrier, event_id) IN (
    SELECT carrier, event_id FROM call_events
    WHERE deleted_at IS NULL AND created_at <= clock_timestamp() - make_interval(days => %(retention_days)s::int)
    ORDER BY created_at LIMIT %(limit)s::int
    FOR UPDATE SKIP LOCKED
)
RETURNING carrier

-- name: delete_old_calls
-- Calls past their retention, with their events.
DELETE FROM calls
WHERE id IN (
    SELECT id FROM calls
    WHERE created_at <= clock_timestamp() - make_interval(days => %(retention_days)s::int)
    ORDER BY created_at LIMIT %(limit)s::int
    FOR UPDATE SKIP LOCKED
)
RETURNING carrier

-- name: delete_old_events_of_no_call
-- Events past the same retention that no call takes along.
DELETE FROM call_events
WHERE (carrier, event_id) IN (
    SELECT carrier, event_id FROM call_events
    WHERE call_id IS NULL AND created_at <= clock_timestamp() - make_interval(days => %(retention_days)s::int)
    ORDER BY created_at LIMIT %(limit)s::int
    FOR UPDATE SKIP LOCKED
)
RETURNING carrier
