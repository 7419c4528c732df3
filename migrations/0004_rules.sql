-- 0004_rules.sql: who may see what, who changed that, and watchers who were not decided about.
-- min_reader: 4
--
-- Readers before this one do not know watchers that wait (subscriptions.state 7).

-- What one scope says: an address-of-record, or a domain for those of its users who say nothing.
-- revision is unique for ever. lists: one entry per line, the list, a blank, the entry.
-- document: application/auth-policy+xml as it was put.
CREATE TABLE policies (
    scope TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    lists TEXT NOT NULL,
    document BLOB NOT NULL
);

-- id rises with time.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    changed_at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    resource TEXT NOT NULL,
    action TEXT NOT NULL,
    old_text BLOB NOT NULL,
    new_text BLOB NOT NULL
);
