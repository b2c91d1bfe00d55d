-- events-YYYY-MM-DD.db: one UTC day of events by created_at. It holds all that it needs, words too, so that dropping
-- the file drops everything, and one file's transaction is all that an event's consistency hangs on.
CREATE TABLE words (n INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);  -- namespaces, kinds, reasons, components, types

CREATE TABLE objects (
    n INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    namespace INTEGER NOT NULL, -- 0: none
    name TEXT NOT NULL,
    UNIQUE (name, kind, namespace)
);

CREATE TABLE events (
    n INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,    -- 6 bytes of created_at in ms, 8 of the uid's hash: close in time is close in the index
    uid TEXT NOT NULL,
    name TEXT NOT NULL,
    object INTEGER NOT NULL,
    kind INTEGER NOT NULL,      -- kind and namespace again, for by_time
    namespace INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    type INTEGER NOT NULL,
    component INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    count INTEGER NOT NULL,
    created_at REAL NOT NULL,
    first_at REAL NOT NULL,
    last_at REAL NOT NULL,
    arrived_at REAL NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX by_time ON events (last_at, severity, reason, namespace, kind, count);
CREATE INDEX by_object ON events (object, last_at);

CREATE VIRTUAL TABLE messages USING fts5 (
    message, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 0'
);

-- Occurrences in the hour in which they were reported, so that a repeated event stays where it was seen before.
CREATE TABLE hours (
    hour INTEGER NOT NULL,      -- unix seconds
    severity INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    namespace INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (hour, severity, reason, namespace, kind)
) WITHOUT ROWID;
