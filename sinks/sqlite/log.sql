-- log.db: the observations of one cluster, a batch a row.
CREATE TABLE batches (
    first INTEGER PRIMARY KEY,  -- offset of the first line
    n INTEGER NOT NULL,
    packed INTEGER NOT NULL,    -- 1: data is zlib
    data BLOB NOT NULL          -- lines joined by line breaks
);
CREATE TABLE positions (source TEXT PRIMARY KEY, position TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE next (offset INTEGER NOT NULL);  -- one row; rises for ever, so that no offset is used twice
INSERT INTO next VALUES (0);
