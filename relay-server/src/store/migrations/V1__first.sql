-- Numeric ids inside, names only in `account`.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A removed account keeps its row, so that old messages keep their names; the name is free again.
CREATE TABLE account (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL,
    shown       TEXT    NOT NULL,
    picture     TEXT    NOT NULL DEFAULT '',
    password    TEXT    NOT NULL,
    disabled    INTEGER NOT NULL DEFAULT 0,
    created_ms  INTEGER NOT NULL,
    removed_ms  INTEGER
) STRICT;
CREATE UNIQUE INDEX account_name ON account (name) WHERE removed_ms IS NULL;

-- What moves with every message, apart from what does not: many accounts share a page that a commit writes.
CREATE TABLE inbox_state (
    account     INTEGER PRIMARY KEY REFERENCES account (id),
    head        INTEGER NOT NULL, -- the inbox's highest number
    seed_cursor INTEGER NOT NULL  -- up to here the seed sessions have been served
) STRICT;

-- Where passwords were right; forgotten after 30 days.
CREATE TABLE network (
    account INTEGER NOT NULL REFERENCES account (id),
    network BLOB    NOT NULL,
    last_ms INTEGER NOT NULL,
    PRIMARY KEY (account, network)
) STRICT, WITHOUT ROWID;

CREATE TABLE device (
    account INTEGER NOT NULL REFERENCES account (id),
    device  TEXT    NOT NULL,
    client  TEXT    NOT NULL,
    cursor  INTEGER NOT NULL DEFAULT 0, -- what it has committed
    seen_ms INTEGER NOT NULL,
    PRIMARY KEY (account, device)
) STRICT, WITHOUT ROWID;

-- SHA-256 of the tokens of a device. `n` grows with each that is given or retired.
CREATE TABLE token (
    account INTEGER NOT NULL,
    device  TEXT    NOT NULL,
    n       INTEGER NOT NULL,
    state   INTEGER NOT NULL, -- 0 retired, 1 current, 2 pending
    hash    BLOB    NOT NULL,
    PRIMARY KEY (account, device, n),
    FOREIGN KEY (account, device) REFERENCES device (account, device) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE friend (
    account INTEGER NOT NULL REFERENCES account (id),
    other   INTEGER NOT NULL REFERENCES account (id),
    kind    INTEGER NOT NULL, -- 0 friend, 1 stranger
    seq     INTEGER NOT NULL, -- of the inbox row that told `account` of it
    PRIMARY KEY (account, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX friend_kind ON friend (account, kind, seq);
CREATE INDEX friend_other ON friend (other);

-- A conversation of two accounts, or of one with itself. The id is random, so that it tells clients nothing.
CREATE TABLE conv (
    id         INTEGER PRIMARY KEY,
    low        INTEGER NOT NULL REFERENCES account (id),
    high       INTEGER NOT NULL REFERENCES account (id),
    head       INTEGER NOT NULL, -- the highest cseq
    low_chats  INTEGER NOT NULL, -- what each of them wrote since they last stopped being friends
    high_chats INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX conv_pair ON conv (low, high);
CREATE INDEX conv_high ON conv (high);

-- No foreign keys here and in `inbox`: the submit rule has just read what they would look up again.
CREATE TABLE message (
    id         INTEGER PRIMARY KEY,
    conv       INTEGER NOT NULL,
    cseq       INTEGER NOT NULL,
    sender     INTEGER NOT NULL,
    recipient  INTEGER NOT NULL,
    mid        TEXT    NOT NULL, -- the sender's id for it
    sender_seq INTEGER NOT NULL, -- its number in the sender's own inbox
    ts_ms      INTEGER NOT NULL,
    kind       TEXT,
    re         TEXT,
    content    TEXT    NOT NULL,
    body       BLOB
) STRICT;
CREATE UNIQUE INDEX message_sender ON message (sender, mid);
CREATE UNIQUE INDEX message_conv ON message (conv, cseq);

CREATE TABLE inbox (
    account INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    kind    INTEGER NOT NULL, -- 0 chat, 1 friend, 2 stranger, 3 friend_remove
    what    INTEGER NOT NULL, -- 0: message.id, else account.id
    PRIMARY KEY (account, seq)
) STRICT, WITHOUT ROWID;

-- `account` has `conv` up to `cseq`; `head` is where the other member's inbox stood when that was noted.
CREATE TABLE mark (
    conv    INTEGER NOT NULL REFERENCES conv (id),
    account INTEGER NOT NULL REFERENCES account (id),
    other   INTEGER NOT NULL REFERENCES account (id),
    cseq    INTEGER NOT NULL,
    head    INTEGER NOT NULL,
    PRIMARY KEY (conv, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX mark_other ON mark (other, head);
