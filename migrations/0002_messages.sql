-- 0002_messages.sql: messages kept for users who were not there.
-- min_reader: 2
--
-- id rises in order of arrival. expires_at is 0 where the sender asked for none. is_done marks a
-- message that was delivered or dropped: headers and body are empty, the row stays until keep_until
-- for repetitions of the request that brought it.
CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    is_done INTEGER NOT NULL,
    keep_until INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    date INTEGER NOT NULL,
    size INTEGER NOT NULL,
    mark_call_id TEXT NOT NULL,
    mark_cseq INTEGER NOT NULL,
    mark_branch INTEGER NOT NULL,
    recipient TEXT NOT NULL,
    sender TEXT NOT NULL,
    from_value TEXT NOT NULL,
    to_value TEXT NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL
);
