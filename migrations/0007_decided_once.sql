-- 0007_decided_once.sql: subscriptions that were decided about alone.
--
-- Readers before this one do not know them (subscriptions.state 8 and 9). No table changes.

UPDATE facts SET started_at = started_at;
