-- Exports, their files, links and visits, the outbox and idempotency keys.
-- The rules of the state machine stand here, as constraints, so that no statement can break them.
-- depends:

-- How a time is written in an answer, whatever the session's time zone: RFC 3339, in UTC, to the microsecond.
CREATE FUNCTION rfc3339(moment timestamptz) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

CREATE TYPE run_state AS ENUM (
    'queued',     -- wanted: a message is on its way, or the sweep will send one
    'running',    -- a worker holds the lease
    'ready',      -- a file is stored
    'failed',     -- it cannot be made, or every attempt failed
    'canceled',   -- its owner ended it
    'timed_out'   -- its deadline passed first
);

CREATE TABLE exports (
    id               uuid PRIMARY KEY,
    owner            text NOT NULL,
    document         text NOT NULL,
    parameters       jsonb NOT NULL DEFAULT '{}',
    job_type         text NOT NULL,
    state            run_state NOT NULL DEFAULT 'queued',
    -- Raised by each change a reader can see, except visits and the passing of time.
    version          bigint NOT NULL DEFAULT 1,
    -- One of the owner's places for unfinished runs; see exports_one_run_per_slot.
    slot             integer,
    -- Raised by each retry and each re-publish; a message carries the one it was sent for.
    try              integer NOT NULL DEFAULT 1,
    -- Deliveries that claimed this run since it was last asked for.
    attempt          integer NOT NULL DEFAULT 0,
    max_attempts     integer NOT NULL,
    -- Why the last attempt failed, and the request that said so.
    outcome          text,
    outcome_request  text,
    -- The try that the queue last reported giving up on, and where it keeps the message.
    given_up_try     integer,
    dead_letter_id   text,
    lease_token      uuid,
    lease_expires_at timestamptz,
    deadline_at      timestamptz NOT NULL,
    -- While queued: when the sweep sends its message if no worker has claimed it by then. Copied to the outbox.
    message_due_at   timestamptz,
    -- The request that retried this run last: how it knows its own success after a lost connection.
    retry_id         uuid,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    started_at       timestamptz,
    ended_at         timestamptz,
    CONSTRAINT exports_unfinished_has_a_slot CHECK (state NOT IN ('queued', 'running') OR slot IS NOT NULL),
    CONSTRAINT exports_running_has_a_lease CHECK ((state = 'running') = (lease_token IS NOT NULL)),
    CONSTRAINT exports_lease_has_an_end CHECK ((lease_token IS NULL) = (lease_expires_at IS NULL)),
    CONSTRAINT exports_ended_says_when CHECK ((state IN ('queued', 'running')) = (ended_at IS NULL)),
    CONSTRAINT exports_failed_says_why CHECK (state NOT IN ('failed', 'timed_out') OR outcome IS NOT NULL)
);

-- This prevents an owner from having more unfinished runs than slots, however many requests arrive at once.
CREATE UNIQUE INDEX exports_one_run_per_slot ON exports (owner, slot) WHERE state IN ('queued', 'running');
CREATE INDEX exports_of_owner ON exports (owner, created_at DESC, id DESC);
CREATE INDEX exports_unfinished ON exports (deadline_at) WHERE state IN ('queued', 'running');
CREATE INDEX exports_leased ON exports (lease_expires_at) WHERE state = 'running';
CREATE INDEX exports_ended ON exports (ended_at) WHERE state NOT IN ('queued', 'running');

-- Every key a worker was ever given to write to. Its id is the lease token, so a worker that lost its lease
-- cannot touch the file of the one that took over.
CREATE TABLE files (
    id           uuid PRIMARY KEY,
    export_id    uuid NOT NULL REFERENCES exports (id) ON DELETE CASCADE,
    key          text NOT NULL UNIQUE,
    etag         text,
    content_type text,
    name         text,
    size         bigint CHECK (size >= 0),
    created_at   timestamptz NOT NULL,
    stored_at    timestamptz,
    removing_at  timestamptz,
    removed_at   timestamptz,
    CONSTRAINT files_stored_is_described CHECK (stored_at IS NULL OR (etag, content_type, name, size) IS NOT NULL),
    CONSTRAINT files_removed_after_removing CHECK (removed_at IS NULL OR removing_at IS NOT NULL)
);

-- This prevents a second result for the same export.
CREATE UNIQUE INDEX files_one_result_per_export ON files (export_id) WHERE stored_at IS NOT NULL;
CREATE INDEX files_of_export ON files (export_id);
CREATE INDEX files_not_removed ON files (created_at) WHERE removed_at IS NULL;

CREATE TABLE links (
    id         uuid PRIMARY KEY,
    file_id    uuid NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT links_live_for_a_while CHECK (expires_at > created_at)
);
CREATE INDEX links_of_file ON links (file_id, created_at DESC);

-- Whether a link works at a moment. The only place where expiry is decided: downloads and representations both ask it.
CREATE FUNCTION link_state(
    expires_at timestamptz, revoked_at timestamptz, removing_at timestamptz, moment timestamptz
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN removing_at IS NOT NULL THEN 'removed'
        WHEN revoked_at IS NOT NULL THEN 'revoked'
        WHEN expires_at <= moment THEN 'ended'
        ELSE 'live'
    END;

-- This prevents a link from living longer than it was given, or from coming back.
CREATE FUNCTION refuse_to_extend_link() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a link is never extended or revived: issue a new one'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'links_are_final';
END $$;
CREATE TRIGGER links_are_final BEFORE UPDATE ON links FOR EACH ROW
    WHEN (NEW.expires_at IS DISTINCT FROM OLD.expires_at
          OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at))
    EXECUTE FUNCTION refuse_to_extend_link();

CREATE TYPE visit_outcome AS ENUM (
    'admitted',  -- before the end: bytes were sent, or a redirect to them
    'ended',     -- after the end
    'revoked',
    'removed',   -- the file is gone
    'failed'     -- admitted, but storage did not give the bytes
);

CREATE TABLE visits (
    id         uuid PRIMARY KEY,
    link_id    uuid NOT NULL REFERENCES links (id) ON DELETE CASCADE,
    at         timestamptz NOT NULL,
    outcome    visit_outcome NOT NULL,
    method     text NOT NULL,
    range      text,
    -- A whole answer, or a part that begins at byte 0: so that a resumed download is counted once.
    counted    boolean NOT NULL,
    user_agent text
);
CREATE INDEX visits_of_link ON visits (link_id, at DESC);

-- Messages that no worker has taken yet: exactly the queued runs have one; see exports_keep_outbox.
CREATE TABLE outbox (
    export_id     uuid PRIMARY KEY REFERENCES exports (id) ON DELETE CASCADE,
    -- How often the sweep sent it; each time it waits longer before the next.
    publishes     integer NOT NULL DEFAULT 0,
    publish_after timestamptz NOT NULL,
    created_at    timestamptz NOT NULL
);
CREATE INDEX outbox_due ON outbox (publish_after);

-- This prevents a queued run without a message, and a message without a queued run. A trigger, because its statements
-- see what was committed while the transition waited for the run's lock; a sibling of the UPDATE would see the past.
CREATE FUNCTION keep_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'queued' THEN
        INSERT INTO outbox (export_id, publish_after, created_at)
        VALUES (NEW.id, COALESCE(NEW.message_due_at, clock_timestamp()), clock_timestamp())
        ON CONFLICT (export_id) DO UPDATE SET publish_after = excluded.publish_after, publishes = 0;
    ELSE
        DELETE FROM outbox WHERE export_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER exports_keep_outbox AFTER INSERT OR UPDATE OF state ON exports FOR EACH ROW EXECUTE FUNCTION keep_outbox();

CREATE TABLE idempotency_keys (
    owner      text NOT NULL,
    key        text NOT NULL,
    body_hash  text NOT NULL,
    export_id  uuid NOT NULL REFERENCES exports (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (owner, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
CREATE INDEX idempotency_keys_of_export ON idempotency_keys (export_id);

-- Wakes those who wait for a run, on connections that asked for it (a laptop's direct ones; a pooler has no LISTEN).
CREATE FUNCTION announce_run_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('run_changed', NEW.id::text);
    RETURN NULL;
END $$;
CREATE TRIGGER exports_announce_change AFTER UPDATE ON exports FOR EACH ROW
    WHEN (OLD.version <> NEW.version AND current_setting('handoff.notify', true) = 'on')
    EXECUTE FUNCTION announce_run_change();
