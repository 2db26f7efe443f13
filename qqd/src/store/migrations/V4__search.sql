-- Search, what became of a message, writing out, and the rules for notifications.

-- Each account has an index of its own, `search_` and its row, which holds no text: a wipe drops it whole.
-- `doc` is a message's number there: the milliseconds of its time, then 20 bits for those of the same one, so that a search
-- goes from the newest to the oldest without sorting.
CREATE TABLE search_place (
    doc     INTEGER PRIMARY KEY,
    message INTEGER NOT NULL UNIQUE REFERENCES message (row) ON DELETE CASCADE ON UPDATE CASCADE
) STRICT;
-- Messages up to this row are still to be indexed.
CREATE TABLE search (upto INTEGER NOT NULL) STRICT;
INSERT INTO search SELECT coalesce(max(row), 0) FROM message;

-- What happened with a message; `times` counts what happened again and again, `ts` is then the last time.
CREATE TABLE step (
    message INTEGER NOT NULL REFERENCES message (row) ON DELETE CASCADE ON UPDATE CASCADE,
    number  INTEGER NOT NULL,
    ts      TEXT NOT NULL,
    state   TEXT NOT NULL,
    reason  TEXT,
    times   INTEGER NOT NULL,
    PRIMARY KEY (message, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX message_failed ON message (owner, ts) WHERE mine = 1 AND state = 'failed';

-- The daemon's rules for notifications, one row; `dnd_until` is NULL for "until it is switched off".
CREATE TABLE notify (
    one       INTEGER PRIMARY KEY CHECK (one = 1),
    dnd       INTEGER NOT NULL,
    dnd_until TEXT,
    quiet     TEXT,
    content   TEXT NOT NULL
) STRICT;
INSERT INTO notify VALUES (1, 0, NULL, NULL, 'full');
CREATE TABLE muted (
    owner  INTEGER NOT NULL REFERENCES account (row) ON DELETE CASCADE,
    friend TEXT NOT NULL,
    PRIMARY KEY (owner, friend)
) STRICT, WITHOUT ROWID;
