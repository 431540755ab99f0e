"""A history of calls, as large as one likes: what the readings of calls are measured on."""

import psycopg

HOURS = 24
LOST = 50
"""One call in so many has no end."""

HISTORY = """
INSERT INTO calls (
    id, carrier, call_id, caller, callee, started_at, ended_at, end_reason, first_event_at, last_event_at, last_event,
    events, created_at, updated_at
)
SELECT
    gen_random_uuid(), 'twilio', 'CA' || md5(number::text), '+49301234567', '+49307654321', started_at, ended_at,
    CASE WHEN ended_at IS NOT NULL THEN 'completed' END, started_at, COALESCE(ended_at, started_at),
    CASE WHEN ended_at IS NULL THEN 'in-progress' ELSE 'completed' END, 2, started_at, started_at
FROM (
    SELECT
        number, at AS started_at,
        CASE WHEN number % {lost} <> 0 THEN at + make_interval(secs => 10 + number % 900) END AS ended_at
    FROM generate_series(1, {calls}) AS number
    CROSS JOIN LATERAL (
        SELECT clock_timestamp() - make_interval(secs => {hours} * 3600.0 * number / {calls}) AS at
    ) AS began
) AS told
"""


def fill(database_url: str, calls: int) -> None:
    """So many calls over a day, evenly, in the order newest first."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET statement_timeout = 0")
        connection.execute(HISTORY.format(lost=LOST, calls=calls, hours=HOURS).encode())
        connection.execute("VACUUM ANALYZE calls")


def plan(database_url: str, query: str, **parameters: object) -> list[str]:
    """How the server reads, with what it touched: the lines of EXPLAIN."""
    with psycopg.connect(database_url) as connection:
        explained = f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF) {query}".encode()
        return [str(line) for (line,) in connection.execute(explained, parameters)]
