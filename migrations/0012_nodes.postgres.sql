-- 0012_nodes.postgres.sql: the processes that have, or had, the store: a row for each name.
--
-- run is another one with each start, from the sequence; fence is that of the lanes the run has. phase is
-- 'up' until the node stopped cleanly ('down'), or another one took the store; 'draining' where it gives
-- its cells away first. beat rises each second while the node can write.
--
-- What was the time at the last beat: clock on the node's wall clock, database_clock on the database's
-- (both in milliseconds since 1970), boot_time on the clock that began with the boot of the machine
-- (microseconds). listeners: where it is spoken to, "udp:192.0.2.1:5060 tls:192.0.2.1:5061".
--
-- What nothing fills truthfully yet is no column: a link between nodes and its frames, weight. Beats go by
-- the session of the node's lane, which lanes names.

CREATE SEQUENCE runs;

CREATE TABLE nodes (
    node INTEGER PRIMARY KEY CHECK (node BETWEEN 1 AND 255),
    name TEXT NOT NULL UNIQUE,
    run INTEGER NOT NULL,
    phase TEXT NOT NULL CHECK (phase IN ('up', 'draining', 'down')),
    fence INTEGER NOT NULL,
    beat INTEGER NOT NULL,
    clock INTEGER NOT NULL,
    database_clock INTEGER NOT NULL,
    boot TEXT NOT NULL,
    boot_time INTEGER NOT NULL,
    listeners TEXT NOT NULL,
    version TEXT NOT NULL
) WITH (fillfactor = 10);

-- The database's clock, in microseconds since 1970, whether the row is still the run's or not. A beat that
-- is lost in a crash is made up for by the next: nobody waits for the disk.
CREATE FUNCTION herald_beat(my_node BIGINT, my_run BIGINT, my_fence BIGINT, my_clock BIGINT, my_boot_time BIGINT)
RETURNS BIGINT LANGUAGE plpgsql AS $$
DECLARE
    shown BIGINT := (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE nodes AS n SET beat = n.beat + 1, clock = my_clock, database_clock = shown / 1000,
        boot_time = my_boot_time WHERE n.node = my_node AND n.run = my_run AND n.fence = my_fence;
    RETURN shown;
END $$;
