-- 0009_numbers.sql: rows are numbered by bucket (store/row_number.h).
--
-- numbering is 1 where the id of every publication, subscription and message begins with its bucket,
-- and so does that of a confirmation. Of a store from before the program makes it so at its first
-- start; until then it is 0. lanes.next_id is where the next block of counters begins.

ALTER TABLE facts ADD COLUMN numbering INTEGER NOT NULL DEFAULT 0;
