-- 0010_cells.sql: how far each cell has come; a row once it was taken apart from a start.
-- min_reader: 9
--
-- epoch is that of the rows written since; each start's is above all of them. is_clean: what is known of
-- its watchers was written when it was given.

CREATE TABLE cells (
    cell INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    is_clean INTEGER NOT NULL,
    since INTEGER NOT NULL
);
