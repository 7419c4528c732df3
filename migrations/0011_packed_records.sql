-- 0011_packed_records.sql: few columns in place of many: what only Herald reads is packed.
-- min_reader: 11
--
-- These tables take the place of those without packed_ in their names: the program moves the rows at its
-- first start, then drops the old table and gives the new one its name. What packed columns hold is said
-- in store/columns.h, in which form in store/packed_record.h; herald store dump shows it.

-- mark: the request that made the last change. record: where it came from, and when.
CREATE TABLE packed_publications (
    id INTEGER PRIMARY KEY,
    package TEXT NOT NULL,
    aor TEXT NOT NULL,
    entity_tag TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    granted INTEGER NOT NULL,
    type TEXT NOT NULL,
    mark BLOB NOT NULL,
    record BLOB NOT NULL,
    body BLOB NOT NULL
);

CREATE TABLE packed_publication_marks (
    sequence INTEGER PRIMARY KEY,
    keep_until INTEGER NOT NULL,
    id INTEGER NOT NULL,
    package TEXT NOT NULL,
    aor TEXT NOT NULL,
    entity_tag TEXT NOT NULL,
    mark BLOB NOT NULL,
    record BLOB NOT NULL
);

-- cseqs: where the CSeqs of both sides have come to. record: the dialog.
CREATE TABLE packed_subscriptions (
    id INTEGER PRIMARY KEY,
    package TEXT NOT NULL,
    aor TEXT NOT NULL,
    watcher TEXT NOT NULL,
    state INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    granted INTEGER NOT NULL,
    change INTEGER NOT NULL,
    cseqs BLOB NOT NULL,
    mark BLOB NOT NULL,
    record BLOB NOT NULL
);

CREATE TABLE packed_subscription_marks (
    sequence INTEGER PRIMARY KEY,
    keep_until INTEGER NOT NULL,
    id INTEGER NOT NULL,
    change INTEGER NOT NULL,
    package TEXT NOT NULL,
    aor TEXT NOT NULL,
    watcher TEXT NOT NULL,
    cseqs BLOB NOT NULL,
    mark BLOB NOT NULL,
    record BLOB NOT NULL
);

-- PostgreSQL's statistics decide nothing here: rows are found by their keys, by plans that are fixed. Made anew every ten
-- seconds under load they took a tenth of a second of a core for each table, in which nobody was served.
--postgres: ALTER TABLE packed_publications SET (fillfactor = 70, autovacuum_analyze_threshold = 2000000000);
--postgres: ALTER TABLE packed_subscriptions SET (fillfactor = 70, autovacuum_analyze_threshold = 2000000000);
--postgres: ALTER TABLE packed_publication_marks SET (autovacuum_analyze_threshold = 2000000000);
--postgres: ALTER TABLE packed_subscription_marks SET (autovacuum_analyze_threshold = 2000000000);
--postgres: ALTER TABLE confirmations SET (autovacuum_analyze_threshold = 2000000000);
--postgres: ALTER TABLE lanes SET (autovacuum_analyze_threshold = 2000000000);
--postgres: CREATE INDEX publication_marks_end ON packed_publication_marks (keep_until);
--postgres: CREATE INDEX subscription_marks_end ON packed_subscription_marks (keep_until);
