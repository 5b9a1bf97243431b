"""The engine that runs the inbox on PostgreSQL: Procrastinate's tables, kept beside the inbox by the database itself.

What is ready has a job to do, what runs has one that is being done, all else has none; a job's id is its entry's.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
compatible_with = "0001"

QUIET = """
-- Notifications inside of accepting transactions would have them commit one after the other, and nobody reads a job's
-- history: the herald says what is there, and the log what ran.
ALTER TABLE procrastinate_jobs DISABLE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1;
ALTER TABLE procrastinate_jobs DISABLE TRIGGER procrastinate_trigger_status_events_insert_v1;
ALTER TABLE procrastinate_jobs DISABLE TRIGGER procrastinate_trigger_status_events_update_v1;
CREATE INDEX ix_procrastinate_jobs_doing ON procrastinate_jobs (queue_name) WHERE status = 'doing';
"""

JOBS = """
CREATE FUNCTION inbox_defer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO procrastinate_jobs (id, queue_name, task_name, priority)
    VALUES (NEW.id, NEW.tenant_id, 'inbox', -NEW.lane)
    ON CONFLICT (id) DO UPDATE SET status = 'todo', worker_id = NULL, abort_requested = false;
    RETURN NULL;
END $$;

CREATE FUNCTION inbox_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM procrastinate_jobs WHERE id = OLD.id;
    RETURN NULL;
END $$;

CREATE TRIGGER inbox_accepted AFTER INSERT ON inbox FOR EACH ROW
    WHEN (NEW.lane IS NOT NULL) EXECUTE FUNCTION inbox_defer();
CREATE TRIGGER inbox_woken AFTER UPDATE ON inbox FOR EACH ROW
    WHEN (NEW.lane IS NOT NULL AND OLD.lane IS NULL) EXECUTE FUNCTION inbox_defer();
CREATE TRIGGER inbox_ended AFTER UPDATE ON inbox FOR EACH ROW
    WHEN (NEW.lane IS NULL AND NEW.status <> 'running' AND (OLD.lane IS NOT NULL OR OLD.status = 'running'))
    EXECUTE FUNCTION inbox_end();
CREATE TRIGGER inbox_deleted AFTER DELETE ON inbox FOR EACH ROW
    WHEN (OLD.lane IS NOT NULL OR OLD.status = 'running') EXECUTE FUNCTION inbox_end();
"""

PICK = """
-- What may not be planned here has a price for the planner so high that it would compile each statement, for 0.1 s.
-- For whom something is ready, after the tenant whose turn it was, once around: a look into the index for each.
CREATE FUNCTION inbox_turns(p_lane integer, p_origin varchar, p_tenant varchar, p_most integer)
RETURNS TABLE (origin varchar, tenant_id varchar) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET jit = off AS $$
DECLARE
    v_origin varchar := p_origin;
    v_tenant varchar := p_tenant;
    v_turned boolean := p_origin = '';
    v_found integer := 0;
BEGIN
    WHILE v_found < p_most LOOP
        SELECT i.origin, i.tenant_id INTO origin, tenant_id FROM inbox i
        WHERE i.lane = p_lane AND (i.origin, i.tenant_id) > (v_origin, v_tenant)
        ORDER BY i.origin, i.tenant_id LIMIT 1;
        IF FOUND THEN
            EXIT WHEN v_turned AND p_origin <> '' AND (origin, tenant_id) > (p_origin, p_tenant);
            RETURN NEXT;
            v_found := v_found + 1;
            v_origin := origin;
            v_tenant := tenant_id;
        ELSE
            EXIT WHEN v_turned;
            v_turned := true;
            v_origin := '';
            v_tenant := '';
        END IF;
    END LOOP;
END $$;

-- A tenant's oldest entries, and their jobs to a worker. With `p_cap` no more of them run than that, in all processes
-- together: who picks for a tenant does it alone, and counts in a statement of its own what others have committed.
-- Where that left something, a last row says why by its name: another was picking, or the cap was reached.
CREATE FUNCTION inbox_take(
    p_lane integer, p_origin varchar, p_tenant varchar, p_most integer, p_cap integer,
    p_worker bigint, p_lease varchar, p_until float8
) RETURNS SETOF inbox LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET jit = off AS $$
DECLARE
    v_most integer := p_most;
    v_left inbox;
    v_ids bigint[];
BEGIN
    IF p_cap IS NOT NULL THEN
        IF NOT pg_try_advisory_xact_lock(1768842344, hashtext(p_tenant)) THEN
            v_left.name := 'crossed';
            RETURN NEXT v_left;
            RETURN;
        END IF;
        SELECT greatest(p_cap - count(*), 0) INTO v_most FROM procrastinate_jobs
        WHERE queue_name = p_tenant AND status = 'doing';
        IF v_most < p_most THEN
            v_left.name := 'capped';
        END IF;
        v_most := least(v_most, p_most);
    END IF;
    -- Not in one statement: joined with what was chosen, the whole table may be read to change a few rows.
    v_ids := ARRAY(
        SELECT i.id FROM inbox i WHERE i.lane = p_lane AND i.origin = p_origin AND i.tenant_id = p_tenant
        ORDER BY i.due_at, i.id LIMIT v_most FOR UPDATE SKIP LOCKED
    );
    RETURN QUERY
    WITH taken AS (
        UPDATE inbox SET status = 'running', lane = NULL, pushed_at = NULL, attempts = attempts + 1,
            lease_id = p_lease, lease_until = p_until
        WHERE id = ANY(v_ids) RETURNING inbox.*
    ), started AS (
        INSERT INTO procrastinate_jobs (id, queue_name, task_name, priority, status, worker_id)
        SELECT t.id, t.tenant_id, 'inbox', -p_lane, 'doing', p_worker FROM taken t
        ON CONFLICT (id) DO UPDATE SET status = 'doing', worker_id = p_worker
    )
    SELECT * FROM taken t ORDER BY t.due_at, t.id;
    IF v_left.name IS NOT NULL THEN
        RETURN NEXT v_left;
    END IF;
END $$;
"""

GONE = """
DROP FUNCTION inbox_take, inbox_turns;
DROP TRIGGER inbox_accepted ON inbox;
DROP TRIGGER inbox_woken ON inbox;
DROP TRIGGER inbox_ended ON inbox;
DROP TRIGGER inbox_deleted ON inbox;
DROP FUNCTION inbox_defer, inbox_end;
-- With the function that returns one of its rows.
DROP TABLE procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs, procrastinate_workers CASCADE;
DO $$
DECLARE
    v_one regprocedure;
BEGIN
    FOR v_one IN SELECT oid FROM pg_proc
    WHERE proname LIKE 'procrastinate%' AND pronamespace = current_schema()::regnamespace LOOP
        EXECUTE 'DROP FUNCTION ' || v_one;
    END LOOP;
END $$;
DROP TYPE procrastinate_job_to_defer_v1, procrastinate_job_event_type, procrastinate_job_status;
"""


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    # Not at the top: where SQLite is the database, nothing of the engine is loaded.
    from procrastinate.schema import SchemaManager  # noqa: PLC0415

    for sql in (SchemaManager.get_schema(), QUIET, JOBS, PICK):
        op.execute(sql)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(GONE)
