-- name: ping
-- The database's clock, which shows that it answers.
SELECT rfc3339(clock_timestamp()) AS server_time
