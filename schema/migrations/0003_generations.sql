-- Images: a generation is what a person asked for in words, and each picture of it is a run.
-- Code of before goes on working: it knows runs with a document, and keys that stand for a run.
-- depends: 0002_runs

SET LOCAL lock_timeout = '5s';

CREATE TABLE generations (
    id         uuid PRIMARY KEY,
    owner      text NOT NULL,
    -- Who makes the pictures: a name in generations/providers.
    provider   text NOT NULL,
    prompt     text NOT NULL,
    size       text NOT NULL,
    quality    text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX generations_of_owner ON generations (owner, created_at DESC, id DESC);

ALTER TABLE runs
    ALTER COLUMN document DROP NOT NULL,
    ADD COLUMN generation_id uuid REFERENCES generations (id) ON DELETE CASCADE,
    ADD COLUMN position      integer,
    -- When the queue had the call that makes the picture. From then on nobody sends it again: it is paid for.
    ADD COLUMN called_at     timestamptz,
    -- What the queue calls that call, to call it back.
    ADD COLUMN message_id    text;

-- This prevents a run of nothing, and one of two things.
ALTER TABLE runs ADD CONSTRAINT runs_export_or_image CHECK (
    CASE WHEN document IS NOT NULL THEN (generation_id, position, called_at, message_id) IS NULL
    ELSE generation_id IS NOT NULL AND position BETWEEN 1 AND 4 END
);
-- This prevents two pictures in one place.
CREATE UNIQUE INDEX runs_one_image_per_position ON runs (generation_id, position) WHERE generation_id IS NOT NULL;
-- What of one's pictures changed last.
CREATE INDEX runs_images_changed ON runs (owner, updated_at DESC) WHERE generation_id IS NOT NULL;

-- Of a key that stands for a generation, beside `run_id`, its first picture, with which it goes.
ALTER TABLE idempotency_keys ADD COLUMN generation_id uuid;

-- This prevents a generation without pictures. Its rows are locked in one order, and before it is looked: of two that
-- delete its last two runs, one waits for the other.
CREATE FUNCTION delete_empty_generations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM generations WHERE id IN (SELECT generation_id FROM deleted) ORDER BY id FOR UPDATE;
    DELETE FROM generations
    WHERE id IN (SELECT generation_id FROM deleted)
        AND NOT EXISTS (SELECT FROM runs WHERE runs.generation_id = generations.id);
    RETURN NULL;
END $$;
CREATE TRIGGER runs_delete_empty_generations AFTER DELETE ON runs REFERENCING OLD TABLE AS deleted
    FOR EACH STATEMENT EXECUTE FUNCTION delete_empty_generations();

-- Wakes those who wait for a run, for its generation, or for any picture of its owner.
CREATE OR REPLACE FUNCTION announce_run_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('run_changed', NEW.id::text);
    IF NEW.generation_id IS NOT NULL THEN
        PERFORM pg_notify('run_changed', NEW.generation_id::text);
        PERFORM pg_notify('run_changed', NEW.owner);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER runs_announce_image AFTER INSERT ON runs FOR EACH ROW
    WHEN (NEW.generation_id IS NOT NULL AND current_setting('handoff.notify', true) = 'on')
    EXECUTE FUNCTION announce_run_change();
