-- name: issue_link
-- A fresh link to the file of a ready run; no job runs.
WITH run AS (
    SELECT id, state FROM runs WHERE id = %(run_id)s::uuid AND owner = %(owner)s::text FOR UPDATE
), file AS (
    SELECT files.id, files.removing_at FROM files JOIN run ON run.id = files.run_id
    WHERE files.stored_at IS NOT NULL
    FOR UPDATE OF files
), clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now FROM run
), link AS (
    INSERT INTO links (id, file_id, created_at, expires_at)
    SELECT %(id)s::uuid, file.id, now, now + make_interval(secs => %(link_ttl_seconds)s::float8) FROM file, clock
    WHERE file.removing_at IS NULL
    -- The update that changes nothing returns the row of this same request's earlier success.
    ON CONFLICT (id) DO UPDATE SET id = excluded.id
    RETURNING id, created_at, expires_at
), changed AS (
    UPDATE runs SET version = version + 1, updated_at = now FROM link, clock WHERE runs.id = %(run_id)s::uuid
)
SELECT
    run.state::text AS run_state, file.removing_at IS NOT NULL AS file_removed,
    rfc3339(link.created_at) AS created_at, rfc3339(link.expires_at) AS expires_at, rfc3339(clock.now) AS server_time
FROM run CROSS JOIN clock LEFT JOIN file ON true LEFT JOIN link ON true

-- name: revoke_link
-- Ends a link now. Revoking it again changes nothing.
WITH link AS (
    SELECT links.id, links.revoked_at, runs.id AS run_id
    FROM runs JOIN files ON files.run_id = runs.id JOIN links ON links.file_id = files.id
    WHERE links.id = %(id)s::uuid AND runs.owner = %(owner)s::text
    FOR UPDATE OF runs, links
), revoked AS (
    UPDATE links SET revoked_at = clock_timestamp() FROM link WHERE links.id = link.id AND link.revoked_at IS NULL
    RETURNING links.id
), changed AS (
    UPDATE runs SET version = version + 1, updated_at = clock_timestamp() FROM link, revoked
    WHERE runs.id = link.run_id
)
SELECT id FROM link

-- name: download_link
-- Decides one request on a link, by the database's clock read after the link is locked, and records the visit.
WITH file AS MATERIALIZED (
    -- Locked before the link, as everywhere: run, file, link.
    SELECT * FROM files WHERE id = (SELECT file_id FROM links WHERE id = %(id)s::uuid) FOR SHARE
), link AS MATERIALIZED (
    SELECT
        links.id, links.expires_at, links.revoked_at, file.removing_at,
        file.key, file.etag, file.name, file.content_type, file.size
    FROM file JOIN links ON links.file_id = file.id
    WHERE links.id = %(id)s::uuid
    FOR SHARE OF links
), clock AS MATERIALIZED (
    SELECT clock_timestamp() AS now FROM link
), judged AS MATERIALIZED (
    SELECT
        link_state(expires_at, revoked_at, removing_at, now) AS state,
        -- A range that does not hold (If-Range names another version) is answered whole.
        %(method)s::text = 'GET' AND (
            %(range)s::text IS NULL OR (%(if_range)s::text IS NOT NULL AND %(if_range)s::text <> link.etag)
            OR COALESCE(%(first_byte)s::bigint = 0, false) OR COALESCE(%(suffix_length)s::bigint >= link.size, false)
        ) AS counted
    FROM link, clock
), visit AS (
    INSERT INTO visits (id, link_id, at, outcome, method, range, counted, user_agent)
    SELECT
        %(visit_id)s::uuid, link.id, now, (CASE state WHEN 'live' THEN 'admitted' ELSE state END)::visit_outcome,
        %(method)s::text, %(range)s::text, counted, %(user_agent)s::text
    FROM link, clock, judged
    -- The update that changes nothing returns what this same request was told before its answer was lost.
    ON CONFLICT (id) DO UPDATE SET id = excluded.id
    RETURNING outcome, at
)
SELECT
    visit.outcome::text AS outcome, link.key, link.etag, link.name, link.content_type, link.size,
    visit.at AS admitted_at, extract(epoch FROM link.expires_at - visit.at)::float8 AS seconds_left
FROM link, visit

-- name: fail_visit
-- Storage did not give the bytes of an admitted request, so it is not a download.
UPDATE visits SET outcome = 'failed' WHERE id = %(visit_id)s::uuid
