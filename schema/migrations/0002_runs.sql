-- One table of runs for everything that is made off the request path: an export is a run, and so is each picture.
-- Names only; no row changes, and each statement takes a moment.
-- depends: 0001_exports

SET LOCAL lock_timeout = '5s';

ALTER TABLE exports RENAME TO runs;
ALTER TABLE runs RENAME CONSTRAINT exports_pkey TO runs_pkey;
ALTER TABLE runs RENAME CONSTRAINT exports_unfinished_has_a_slot TO runs_unfinished_has_a_slot;
ALTER TABLE runs RENAME CONSTRAINT exports_running_has_a_lease TO runs_running_has_a_lease;
ALTER TABLE runs RENAME CONSTRAINT exports_lease_has_an_end TO runs_lease_has_an_end;
ALTER TABLE runs RENAME CONSTRAINT exports_ended_says_when TO runs_ended_says_when;
ALTER TABLE runs RENAME CONSTRAINT exports_failed_says_why TO runs_failed_says_why;
ALTER INDEX exports_one_run_per_slot RENAME TO runs_one_per_slot;
ALTER INDEX exports_of_owner RENAME TO runs_of_owner;
ALTER INDEX exports_unfinished RENAME TO runs_unfinished;
ALTER INDEX exports_leased RENAME TO runs_leased;
ALTER INDEX exports_ended RENAME TO runs_ended;
ALTER TRIGGER exports_announce_change ON runs RENAME TO runs_announce_change;
ALTER TRIGGER exports_keep_outbox ON runs RENAME TO runs_keep_outbox;

ALTER TABLE files RENAME COLUMN export_id TO run_id;
ALTER TABLE files RENAME CONSTRAINT files_export_id_fkey TO files_run_id_fkey;
ALTER INDEX files_one_result_per_export RENAME TO files_one_result_per_run;
ALTER INDEX files_of_export RENAME TO files_of_run;

ALTER TABLE outbox RENAME COLUMN export_id TO run_id;
ALTER TABLE outbox RENAME CONSTRAINT outbox_export_id_fkey TO outbox_run_id_fkey;

ALTER TABLE idempotency_keys RENAME COLUMN export_id TO run_id;
ALTER TABLE idempotency_keys RENAME CONSTRAINT idempotency_keys_export_id_fkey TO idempotency_keys_run_id_fkey;
ALTER INDEX idempotency_keys_of_export RENAME TO idempotency_keys_of_run;

-- As before, by the new name: a function's text does not follow a rename.
CREATE OR REPLACE FUNCTION keep_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'queued' THEN
        INSERT INTO outbox (run_id, publish_after, created_at)
        VALUES (NEW.id, COALESCE(NEW.message_due_at, clock_timestamp()), clock_timestamp())
        ON CONFLICT (run_id) DO UPDATE SET publish_after = excluded.publish_after, publishes = 0;
    ELSE
        DELETE FROM outbox WHERE run_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
