-- 0003_aliases.sql: addresses-of-record that stand for another one.
-- min_reader: 1
--
-- Both canonical; a resource is never an alias itself.

CREATE TABLE aliases (
    aor TEXT PRIMARY KEY,
    resource TEXT NOT NULL
);
