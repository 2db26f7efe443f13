-- Invitations, who came by which, and one-time codes for devices. No code is kept, only its SHA-256.

CREATE TABLE invite (
    id         INTEGER PRIMARY KEY,
    short      TEXT    NOT NULL, -- what `invite list` calls it
    hash       BLOB    NOT NULL,
    name       TEXT,             -- the account that it is for
    circle     INTEGER,          -- who comes by invitations of one circle are friends
    uses       INTEGER NOT NULL, -- so many accounts
    used       INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER,          -- NULL: never
    revoked_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX invite_hash ON invite (hash);
CREATE UNIQUE INDEX invite_short ON invite (short);
CREATE INDEX invite_circle ON invite (circle) WHERE circle IS NOT NULL;

-- Whoever comes by the invitation becomes a friend of these.
CREATE TABLE invite_friend (
    invite  INTEGER NOT NULL REFERENCES invite (id),
    account INTEGER NOT NULL REFERENCES account (id),
    PRIMARY KEY (invite, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX invite_friend_account ON invite_friend (account);

-- Accounts that were made by a registration, and by which invitation; NULL where registration was open.
CREATE TABLE joined (
    account INTEGER PRIMARY KEY REFERENCES account (id),
    invite  INTEGER REFERENCES invite (id)
) STRICT;
CREATE INDEX joined_invite ON joined (invite);

-- A code with which one device logs in once. `device` has used it, and may show it again until its token is confirmed.
CREATE TABLE link (
    id         INTEGER PRIMARY KEY,
    account    INTEGER NOT NULL REFERENCES account (id),
    hash       BLOB    NOT NULL,
    expires_ms INTEGER NOT NULL,
    device     TEXT
) STRICT;
CREATE UNIQUE INDEX link_hash ON link (account, hash);
