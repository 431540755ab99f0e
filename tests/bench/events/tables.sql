-- What the two usual handlers keep: the events, and the calls made of them.
CREATE TABLE peer_events (
    id      text PRIMARY KEY,
    call_id text NOT NULL,
    type    text NOT NULL,
    at      timestamptz NOT NULL,
    body    text NOT NULL
);
CREATE TABLE peer_calls (
    call_id    text PRIMARY KEY,
    started_at timestamptz,
    ended_at   timestamptz,
    events     integer NOT NULL
);
