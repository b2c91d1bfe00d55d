-- checkpoint.db: the engine's state, by page.
CREATE TABLE pages (name TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE manifest (n INTEGER PRIMARY KEY CHECK (n = 1), body BLOB NOT NULL);
