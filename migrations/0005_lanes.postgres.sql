-- 0005_lanes.postgres.sql: what only PostgreSQL needs: fences, room for updates in place, an index.
-- min_reader: 5

-- Each process that takes the store over raises the fence: what carries an older one writes nothing.
-- backend_pid and backend_start (microseconds since 1970) name the session that writes.
ALTER TABLE lanes ADD COLUMN fence BIGINT NOT NULL DEFAULT 0;
ALTER TABLE lanes ADD COLUMN backend_pid BIGINT NOT NULL DEFAULT 0;
ALTER TABLE lanes ADD COLUMN backend_start BIGINT NOT NULL DEFAULT 0;

-- A refresh finds room on the page of its row, and no index has to follow it.
ALTER TABLE publications SET (fillfactor = 70);
ALTER TABLE subscriptions SET (fillfactor = 70);
ALTER TABLE confirmations SET (fillfactor = 70);
ALTER TABLE lanes SET (fillfactor = 10);

CREATE INDEX publication_marks_keep_until ON publication_marks (keep_until);
CREATE INDEX subscription_marks_keep_until ON subscription_marks (keep_until);

-- The first statement of every transaction of a lane.
CREATE FUNCTION herald_claim(lane BIGINT, my_fence BIGINT, next BIGINT, now_ms BIGINT, new_id BIGINT)
RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    UPDATE lanes AS l SET sequence = next, alive_at = now_ms, next_id = new_id
        WHERE l.id = lane AND l.fence = my_fence AND l.sequence = next - 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'another process has taken over lane %', lane USING ERRCODE = 'HF001';
    END IF;
END $$;
