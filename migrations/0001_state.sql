-- 0001_state.sql: everything that survives a restart.
-- min_reader: 1
--
-- One file for both databases: INTEGER is a signed 64-bit number (PostgreSQL is given BIGINT), BLOB is
-- bytes (BYTEA). Times are milliseconds since 1970 in UTC. Unsigned 64-bit numbers keep their bits.
-- min_reader is the number of the oldest migration a program must know to work with the result.
--
-- The big tables have their number as key and no other index: a change costs one page.

-- One row: facts made once, and how the last run ended.
CREATE TABLE facts (
    id INTEGER PRIMARY KEY,
    bucket_key BLOB NOT NULL,
    lasting_key BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    is_clean INTEGER NOT NULL
);

-- One row per writer, rewritten in each of its transactions: tells which was the last.
CREATE TABLE lanes (
    id INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL,
    alive_at INTEGER NOT NULL,
    next_id INTEGER NOT NULL
);

-- The body comes last: what a refresh rewrites lies before it.
CREATE TABLE publications (
    id INTEGER PRIMARY KEY,
    package TEXT NOT NULL,
    aor TEXT NOT NULL,
    entity_tag TEXT NOT NULL,
    source TEXT NOT NULL,
    publisher TEXT NOT NULL,
    rank INTEGER NOT NULL,
    arrived INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    granted INTEGER NOT NULL,
    mark_call_id TEXT NOT NULL,
    mark_cseq INTEGER NOT NULL,
    mark_branch INTEGER NOT NULL,
    type TEXT NOT NULL,
    body BLOB NOT NULL
);

-- Removed publications, in order of removal, until no repetition of the removing request can come.
CREATE TABLE publication_marks (
    sequence INTEGER PRIMARY KEY,
    keep_until INTEGER NOT NULL,
    id INTEGER NOT NULL,
    package TEXT NOT NULL,
    aor TEXT NOT NULL,
    entity_tag TEXT NOT NULL,
    source TEXT NOT NULL,
    publisher TEXT NOT NULL,
    rank INTEGER NOT NULL,
    arrived INTEGER NOT NULL,
    mark_call_id TEXT NOT NULL,
    mark_cseq INTEGER NOT NULL,
    mark_branch INTEGER NOT NULL
);

-- mark_call_id is NULL where it is the dialog's own, as nearly always.
CREATE TABLE subscriptions (
    id INTEGER PRIMARY KEY,
    state INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    granted INTEGER NOT NULL,
    change INTEGER NOT NULL,
    remote_cseq INTEGER NOT NULL,
    cseq_base INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    mark_call_id TEXT,
    mark_cseq INTEGER NOT NULL,
    mark_branch INTEGER NOT NULL,
    package TEXT NOT NULL,
    aor TEXT NOT NULL,
    watcher TEXT NOT NULL,
    call_id TEXT NOT NULL,
    local_tag TEXT NOT NULL,
    remote_tag TEXT NOT NULL,
    local_uri TEXT NOT NULL,
    remote_uri TEXT NOT NULL,
    remote_target TEXT NOT NULL,
    route_set TEXT NOT NULL,
    event TEXT NOT NULL,
    accept TEXT NOT NULL,
    entity TEXT NOT NULL,
    instance TEXT NOT NULL,
    flow TEXT NOT NULL
);

-- Ended subscriptions, whole: the last NOTIFY may still have to be sent after a crash.
CREATE TABLE subscription_marks (
    sequence INTEGER PRIMARY KEY,
    keep_until INTEGER NOT NULL,
    id INTEGER NOT NULL,
    change INTEGER NOT NULL,
    remote_cseq INTEGER NOT NULL,
    cseq_base INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    mark_call_id TEXT,
    mark_cseq INTEGER NOT NULL,
    mark_branch INTEGER NOT NULL,
    package TEXT NOT NULL,
    aor TEXT NOT NULL,
    watcher TEXT NOT NULL,
    call_id TEXT NOT NULL,
    local_tag TEXT NOT NULL,
    remote_tag TEXT NOT NULL,
    local_uri TEXT NOT NULL,
    remote_uri TEXT NOT NULL,
    remote_target TEXT NOT NULL,
    route_set TEXT NOT NULL,
    event TEXT NOT NULL,
    accept TEXT NOT NULL,
    entity TEXT NOT NULL,
    instance TEXT NOT NULL,
    flow TEXT NOT NULL
);

-- id is a keyed hash of package and aor.
CREATE TABLE confirmations (
    id INTEGER PRIMARY KEY,
    package TEXT NOT NULL,
    aor TEXT NOT NULL,
    fingerprint INTEGER NOT NULL,
    through INTEGER NOT NULL
);

-- resources, packages: one item per line. delegates: one per line, the AOR, a blank, the package.
CREATE TABLE accounts (
    aor TEXT PRIMARY KEY,
    username TEXT NOT NULL,
    realm TEXT NOT NULL,
    ha1_md5 TEXT NOT NULL,
    ha1_sha256 TEXT NOT NULL,
    ha1_sha512_256 TEXT NOT NULL,
    role INTEGER NOT NULL,
    resources TEXT NOT NULL,
    packages TEXT NOT NULL,
    delegates TEXT NOT NULL
);

CREATE TABLE tokens (
    name TEXT PRIMARY KEY,
    sha256_hex TEXT NOT NULL,
    role TEXT NOT NULL
);
