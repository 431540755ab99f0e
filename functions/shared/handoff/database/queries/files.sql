-- name: take_removable_files
-- Files past retention, and keys of workers that lost their lease; recorded as being removed before anything is.
WITH removable AS (
    SELECT files.id, files.removing_at IS NULL AS is_first_time FROM files JOIN runs ON runs.id = files.run_id
    WHERE files.removed_at IS NULL
        AND CASE
            WHEN files.stored_at IS NOT NULL
                THEN files.stored_at <= clock_timestamp() - make_interval(days => %(retention_days)s::int)
            -- No worker of that age is alive, so none can write to the key after it was removed.
            ELSE files.created_at <= clock_timestamp() - make_interval(secs => %(orphan_seconds)s::float8)
                AND runs.lease_token IS DISTINCT FROM files.id
        END
    -- Those that could not be deleted before do not keep the others waiting.
    ORDER BY files.removing_at NULLS FIRST, files.created_at LIMIT %(limit)s::int
    FOR UPDATE OF runs, files SKIP LOCKED
), removing AS (
    UPDATE files SET removing_at = COALESCE(files.removing_at, clock_timestamp())
    FROM removable
    WHERE files.id = removable.id
    RETURNING files.id, files.key, files.run_id, files.stored_at, removable.is_first_time
), changed AS (
    UPDATE runs SET version = version + 1 FROM removing
    WHERE runs.id = removing.run_id AND removing.stored_at IS NOT NULL AND removing.is_first_time
)
SELECT id, key FROM removing

-- name: mark_removed
-- The bytes of these files are gone.
UPDATE files SET removed_at = clock_timestamp() WHERE id = ANY (%(ids)s::uuid[]) AND removed_at IS NULL
