-- Phone calls: a row for each, made of what its carrier told of it; and what was told, kept as it came.
-- New tables only; code of before does not know them.
-- depends: 0002_runs

CREATE TYPE call_event_kind AS ENUM (
    'started',  -- the call has begun
    'ended',    -- it is over
    'other'     -- anything else, known or not
);

-- Each column is a minimum, a maximum or a count over the call's events, so their order changes nothing.
CREATE TABLE calls (
    id             uuid PRIMARY KEY,
    carrier        text NOT NULL,
    -- What the carrier calls it.
    call_id        text NOT NULL,
    caller         text,
    callee         text,
    -- The earliest start and the earliest end that were told, by the carrier's clock.
    started_at     timestamptz,
    ended_at       timestamptz,
    -- The carrier's own word for how it ended.
    end_reason     text,
    -- Of any event, by the carrier's clock; and the carrier's own word for the last of them.
    first_event_at timestamptz NOT NULL,
    last_event_at  timestamptz NOT NULL,
    last_event     text NOT NULL,
    events         integer NOT NULL,
    -- An operator's word that it is over. If the carrier tells of the end after all, its time stands beside this.
    marked_at      timestamptz,
    marked_by      text,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    CONSTRAINT calls_one_per_carriers_id UNIQUE (carrier, call_id),
    CONSTRAINT calls_marked_by_somebody CHECK ((marked_at IS NULL) = (marked_by IS NULL)),
    CONSTRAINT calls_reason_of_an_end CHECK (end_reason IS NULL OR ended_at IS NOT NULL)
);

-- Suspected missed endings, and those that are older: a small part of all calls, whatever their number.
CREATE INDEX calls_unresolved ON calls (started_at DESC, id DESC)
    WHERE started_at IS NOT NULL AND ended_at IS NULL AND marked_at IS NULL;
CREATE INDEX calls_newest ON calls (first_event_at DESC, id DESC);
CREATE INDEX calls_started ON calls (started_at) WHERE started_at IS NOT NULL;
CREATE INDEX calls_ended ON calls (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX calls_age ON calls (created_at);

CREATE TABLE call_events (
    carrier    text NOT NULL,
    -- The carrier's id for the event; where it has none, a hash of the whole.
    event_id   text NOT NULL,
    -- None where an event is of no call, or of an unknown kind that names none.
    call_id    text,
    kind       call_event_kind NOT NULL,
    -- The carrier's own word.
    name       text NOT NULL,
    at         timestamptz NOT NULL,
    -- The request's body; removed before the rest.
    raw        text,
    created_at timestamptz NOT NULL,
    -- When `raw` was removed.
    deleted_at timestamptz,
    -- This prevents an event from counting twice, however often it comes.
    PRIMARY KEY (carrier, event_id),
    FOREIGN KEY (carrier, call_id) REFERENCES calls (carrier, call_id) ON DELETE CASCADE,
    CONSTRAINT call_events_of_a_call CHECK (kind = 'other' OR call_id IS NOT NULL),
    CONSTRAINT call_events_deleted_says_when CHECK ((raw IS NULL) = (deleted_at IS NOT NULL))
);
CREATE INDEX call_events_of_call ON call_events (carrier, call_id, at);
CREATE INDEX call_events_age ON call_events (created_at) WHERE deleted_at IS NULL;
CREATE INDEX call_events_of_no_call ON call_events (created_at) WHERE call_id IS NULL;

-- Messages that the queue did not take, or gave up on, of jobs that are no runs: the message is all there is of them.
CREATE TABLE message_outbox (
    id            uuid PRIMARY KEY,
    job_type      text NOT NULL,
    body          text NOT NULL,
    -- How often the sweep sent it; each time it waits longer before the next.
    publishes     integer NOT NULL DEFAULT 0,
    publish_after timestamptz NOT NULL,
    created_at    timestamptz NOT NULL
);
CREATE INDEX message_outbox_due ON message_outbox (publish_after);
