-- main.db: what is no event. Small, so bodies are JSON and columns are what is asked for.
CREATE TABLE incidents (
    n INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    state INTEGER NOT NULL,     -- 0 open, 1 resolved, 2 merged: the order of the list
    severity INTEGER NOT NULL,  -- 0 info, 1 warning, 2 critical
    started_at REAL NOT NULL,
    ended_at REAL,              -- NULL while open
    body BLOB NOT NULL          -- core.results.Incident as JSON
);
CREATE INDEX incidents_by_rank ON incidents (state, severity DESC, started_at DESC, id);

-- Where in the incidents' bodies the timeline entries of an object are.
CREATE TABLE timeline (
    object TEXT NOT NULL,       -- [kind, namespace, name] as JSON
    at REAL NOT NULL,
    incident INTEGER NOT NULL,
    entry INTEGER NOT NULL,     -- place in the body's list
    PRIMARY KEY (object, at, incident, entry)
) WITHOUT ROWID;
CREATE INDEX timeline_by_time ON timeline (at);
CREATE INDEX timeline_by_incident ON timeline (incident);

CREATE TABLE ledger (
    stream TEXT NOT NULL,
    start REAL NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (start, stream)
) WITHOUT ROWID;

CREATE TABLE dead_letters (
    id TEXT NOT NULL UNIQUE,
    at REAL NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX dead_letters_by_time ON dead_letters (at, id);

CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
