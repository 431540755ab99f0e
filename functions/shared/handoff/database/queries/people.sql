-- name: adopt_runs
-- What an anonymous visitor made becomes the person's who they turned out to be. Of what is theirs already: nothing.
WITH alone AS MATERIALIZED (
    -- One of a person's at a time: two that place several runs each would wait for each other. The second one saw the
    -- places before it waited, so it runs again where they are taken by now.
    SELECT FROM pg_advisory_xact_lock(hashtextextended(%(owner)s::text, 0))
), unfinished AS MATERIALIZED (
    SELECT runs.id FROM alone CROSS JOIN runs
    WHERE runs.owner = %(visitor)s::text AND runs.state IN ('queued', 'running') ORDER BY runs.id FOR UPDATE OF runs
), taken AS MATERIALIZED (
    SELECT slot FROM runs WHERE owner = %(owner)s::text AND state IN ('queued', 'running')
), free AS (
    -- The lowest of theirs. There may be more than MAX_ACTIVE_RUNS by now: none of them is ended for that.
    SELECT slot, row_number() OVER (ORDER BY slot) AS place
    FROM generate_series(1, (SELECT count(*) FROM unfinished) + (SELECT count(*) FROM taken)) AS slot
    WHERE slot NOT IN (SELECT slot FROM taken)
), placed AS (
    SELECT numbered.id, free.slot
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM unfinished) AS numbered JOIN free USING (place)
), adopted AS (
    UPDATE runs SET
        owner = %(owner)s::text, slot = COALESCE((SELECT placed.slot FROM placed WHERE placed.id = runs.id), slot)
    WHERE owner = %(visitor)s::text
    RETURNING id
), generation AS (
    UPDATE generations SET owner = %(owner)s::text WHERE owner = %(visitor)s::text
), given_up AS (
    DELETE FROM idempotency_keys WHERE owner = %(visitor)s::text RETURNING *
), keys AS (
    INSERT INTO idempotency_keys (owner, key, body_hash, run_id, generation_id, created_at)
    SELECT %(owner)s::text, key, body_hash, run_id, generation_id, created_at FROM given_up
    -- A key that the person has used themselves goes on to mean what it meant.
    ON CONFLICT (owner, key) DO NOTHING
)
SELECT count(*)::int AS runs FROM adopted
