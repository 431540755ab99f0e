-- name: request_generation
-- A generation, a run for each of its images with its message (by the trigger that keeps the outbox), and the key; or, for
-- a known key, the generation it stands for. Where one of the images finds no place none is made.
WITH
-- include: runs.asked_for
, generation AS (
    INSERT INTO generations (id, owner, provider, prompt, size, quality, created_at)
    SELECT
        key.generation_id, %(owner)s::text, %(provider)s::text, %(prompt)s::text, %(size)s::text, %(quality)s::text, now
    FROM key, clock
    WHERE key.generation_id = %(generation_id)s::uuid
    ON CONFLICT (id) DO NOTHING
), image AS (
    INSERT INTO runs (
        id, owner, generation_id, position, parameters, job_type, slot, max_attempts, deadline_at, message_due_at,
        created_at, updated_at
    )
    SELECT
        wanted.id, %(owner)s::text, key.generation_id, wanted.position,
        jsonb_build_object('prompt', %(prompt)s::text, 'size', %(size)s::text, 'quality', %(quality)s::text),
        %(job_type)s::text, place.slot, %(max_attempts)s::int, now + make_interval(secs => %(deadline_seconds)s::float8),
        now + make_interval(secs => %(outbox_grace_seconds)s::float8), now, now
    FROM key, clock, wanted LEFT JOIN place USING (position)
    WHERE key.generation_id = %(generation_id)s::uuid
    ON CONFLICT (id) DO NOTHING
)
SELECT generation_id AS id, body_hash FROM key

-- name: read_generations
-- The owner's generations, newest first, each with its images: one by its id, or a page of those before a cursor. A look of
-- a waiting page. Without any there is one row of the time alone.
SELECT
    run.generation_id, run.prompt, run.size, run.quality, rfc3339(run.generation_created_at) AS generation_created_at,
    run.position,
-- include: runs.shown_columns
FROM (SELECT clock_timestamp() AS now) AS clock
LEFT JOIN (
    SELECT
        runs.*, generation.prompt, generation.size, generation.quality, generation.created_at AS generation_created_at
    FROM (
        SELECT * FROM generations
        WHERE owner = %(owner)s::text
            AND (%(id)s::uuid IS NULL OR id = %(id)s::uuid)
            AND (%(before_id)s::uuid IS NULL
                OR (created_at, id) < (%(before_created_at)s::timestamptz, %(before_id)s::uuid))
        ORDER BY created_at DESC, id DESC
        LIMIT %(limit)s::int
    ) AS generation
    JOIN runs ON runs.generation_id = generation.id
) AS run ON true
-- include: runs.shown_tables
ORDER BY run.generation_created_at DESC, run.generation_id DESC, run.position

-- name: read_latest
-- The owner's newest generation, and which version of which images changed last. Not the last alone: a change that is
-- committed late has an earlier time than one that was seen before it.
SELECT
    (
        SELECT id FROM generations WHERE owner = %(owner)s::text ORDER BY created_at DESC, id DESC LIMIT 1
    ) AS id,
    rfc3339(max(updated_at)) AS changed_at, string_agg(id || ' ' || version, ',' ORDER BY id) AS versions,
    rfc3339(clock_timestamp()) AS server_time
FROM (
    SELECT id, version, updated_at FROM runs
    WHERE owner = %(owner)s::text AND generation_id IS NOT NULL
    ORDER BY updated_at DESC
    LIMIT 20
) AS changed

-- name: mark_called
-- The queue has the calls of these images: they are under way, and not sent again, for they are paid for. Those that are
-- not wanted any more (canceled meanwhile, or asked for anew) are told apart.
WITH called AS MATERIALIZED (
    SELECT * FROM unnest(%(ids)s::uuid[], %(tries)s::int[], %(message_ids)s::text[]) AS called (id, try, message_id)
), run AS (
    SELECT runs.id, runs.state, runs.try, runs.message_id FROM runs
    WHERE runs.id = ANY (%(ids)s::uuid[]) ORDER BY runs.id FOR UPDATE
), clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now, count(*) FROM run
), marked AS (
    UPDATE runs SET
        called_at = COALESCE(runs.called_at, now), started_at = COALESCE(runs.started_at, now),
        message_id = called.message_id, version = runs.version + 1, updated_at = now
    FROM run JOIN called USING (id), clock
    WHERE runs.id = run.id AND run.try = called.try AND run.state IN ('queued', 'running')
        AND run.message_id IS DISTINCT FROM called.message_id
    RETURNING runs.id, runs.deadline_at
), kept AS (
    UPDATE outbox SET publish_after = marked.deadline_at FROM marked WHERE outbox.run_id = marked.id
)
SELECT
    called.message_id, run.try <> called.try OR run.state IN ('failed', 'canceled', 'timed_out') AS is_unwanted
FROM called JOIN run USING (id)

-- name: report_attempt
-- One attempt of a call failed, and the queue makes another: recorded for the current try, while nobody is at work on it.
WITH run AS (
    SELECT * FROM runs WHERE id = %(id)s::uuid AND job_type = %(job_type)s::text FOR UPDATE
), clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now FROM run
), reported AS (
    UPDATE runs SET
        attempt = %(attempt)s::int, outcome = %(outcome)s::text, outcome_request = %(request_id)s::text,
        called_at = COALESCE(runs.called_at, now), started_at = COALESCE(runs.started_at, now),
        version = runs.version + 1, updated_at = now
    FROM run, clock
    WHERE runs.id = run.id AND run.try = %(try_)s::int AND run.state = 'queued' AND run.attempt < %(attempt)s::int
    RETURNING runs.id, runs.deadline_at
), kept AS (
    -- That the queue tries again is known: nobody else need send the call.
    UPDATE outbox SET publish_after = reported.deadline_at FROM reported WHERE outbox.run_id = reported.id
)
SELECT run.state::text AS state FROM run
