-- 0006_starts.sql: when runs began.
-- min_reader: 4
--
-- started_at: the last one. unsettled_since: the first of those that followed each other so closely
-- that none could end all that had run out.

ALTER TABLE facts ADD COLUMN started_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE facts ADD COLUMN unsettled_since INTEGER NOT NULL DEFAULT 0;
