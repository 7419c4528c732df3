-- 0008_partial_dialogs.sql: accounts whose phones want to be told only what changed of calls.
-- min_reader: 7

ALTER TABLE accounts ADD COLUMN partial_dialogs INTEGER NOT NULL DEFAULT 0;
