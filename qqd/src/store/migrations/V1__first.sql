-- The first schema. Nothing here is ever changed: what comes later is a migration of its own.
PRAGMA application_id = 0x71716431; -- "qqd1"

-- Who was logged in here; `present` is 1 for the one who is. The others' messages stay until they are forgotten.
CREATE TABLE account (
    row     INTEGER PRIMARY KEY,
    local   TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    name    TEXT NOT NULL,
    host    TEXT NOT NULL,
    port    INTEGER NOT NULL,
    plain   INTEGER NOT NULL,
    pin     TEXT,
    device  TEXT NOT NULL,
    epoch   TEXT NOT NULL,
    cursor  INTEGER NOT NULL,
    present INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX account_present ON account (present) WHERE present = 1;

CREATE TABLE friend (
    owner   INTEGER NOT NULL REFERENCES account (row) ON DELETE CASCADE,
    account TEXT NOT NULL,
    name    TEXT NOT NULL,
    picture TEXT NOT NULL,
    grp     TEXT NOT NULL,
    remark  TEXT NOT NULL,
    note    TEXT NOT NULL,
    PRIMARY KEY (owner, account)
) STRICT, WITHOUT ROWID;

-- `peer` is the other one in the conversation; `mine` is 1 for what `owner` wrote, here or on another device.
CREATE TABLE message (
    row       INTEGER PRIMARY KEY AUTOINCREMENT,
    owner     INTEGER NOT NULL REFERENCES account (row) ON DELETE CASCADE,
    peer      TEXT NOT NULL,
    mine      INTEGER NOT NULL,
    id        TEXT NOT NULL,
    sender    TEXT NOT NULL,
    recipient TEXT NOT NULL,
    text      TEXT NOT NULL,
    kind      TEXT NOT NULL,
    body      TEXT,
    re        TEXT,
    conv      TEXT,
    cseq      INTEGER,
    seq       INTEGER,
    state     TEXT NOT NULL,
    reason    TEXT,
    ts        TEXT NOT NULL
) STRICT;
-- An account that was made anew may use an id once more: not unique.
CREATE INDEX message_id ON message (owner, id, sender);
CREATE INDEX message_peer ON message (owner, peer, row);
CREATE INDEX message_conv ON message (owner, conv, cseq) WHERE cseq IS NOT NULL;
CREATE INDEX message_unread ON message (owner, peer, row) WHERE mine = 0 AND state = 'acked';
CREATE INDEX message_undelivered ON message (owner, conv, cseq) WHERE mine = 1 AND state = 'acked';

-- What the relay has not acknowledged, in the order in which it is to go out.
CREATE TABLE outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    message  INTEGER NOT NULL UNIQUE REFERENCES message (row) ON DELETE CASCADE
) STRICT;

-- `account` has everything in `conv` up to `cseq`. A mark may come before the message that it is about.
CREATE TABLE mark (
    owner   INTEGER NOT NULL REFERENCES account (row) ON DELETE CASCADE,
    conv    TEXT NOT NULL,
    account TEXT NOT NULL,
    cseq    INTEGER NOT NULL,
    PRIMARY KEY (owner, conv, account)
) STRICT, WITHOUT ROWID;

-- Rows of a type that was not known when they came, as they came.
CREATE TABLE raw (
    row    INTEGER PRIMARY KEY,
    owner  INTEGER NOT NULL REFERENCES account (row) ON DELETE CASCADE,
    seq    INTEGER NOT NULL,
    stanza BLOB NOT NULL,
    UNIQUE (owner, seq)
) STRICT;
