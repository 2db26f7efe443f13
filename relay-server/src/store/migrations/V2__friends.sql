-- Friends find each other: requests, groups, remarks, blocks, profiles and avatars.

ALTER TABLE account ADD COLUMN note TEXT NOT NULL DEFAULT ''; -- what it says about itself
CREATE INDEX account_picture ON account (picture) WHERE picture <> '';

-- More kinds of rows; `what` is an account's id in all of them but 9, 10 and 11, where it is 0.
--   1, 2  as before; detail: NULL, or 'own' where the list's owner has changed it and nobody else hears of it
--   4, 5  friend_request to, of `what`; detail: its note
--   6, 7  friend_answer to, of `what`; detail: '1' accepted, '0' refused
--   8     blocked; detail: '1' blocked, '0' not any more
--   9     group; detail: its name
--  10     group_rename; detail: both names, old and new, a line each (a name has no line breaks)
--  11     group_remove; detail: its name
--  12     profile, one's own
ALTER TABLE inbox ADD COLUMN ts_ms INTEGER; -- NULL of a chat (its message has it) and of rows older than V2
ALTER TABLE inbox ADD COLUMN detail TEXT;

-- One's own groups; `friend` and `stranger` are not among them.
CREATE TABLE friend_group (
    id      INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account (id),
    name    TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX friend_group_name ON friend_group (account, name);

ALTER TABLE friend ADD COLUMN grp INTEGER; -- friend_group.id; NULL: where its kind stands
ALTER TABLE friend ADD COLUMN remark TEXT NOT NULL DEFAULT '';

-- `account` blocks `other`, who sees of it for as long what it showed then.
CREATE TABLE block (
    account INTEGER NOT NULL REFERENCES account (id),
    other   INTEGER NOT NULL REFERENCES account (id),
    shown   TEXT    NOT NULL,
    picture TEXT    NOT NULL,
    note    TEXT    NOT NULL,
    PRIMARY KEY (account, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX block_other ON block (other);

-- Requests that are open, and those refused within 7 days.
CREATE TABLE request (
    asker INTEGER NOT NULL REFERENCES account (id),
    asked INTEGER NOT NULL REFERENCES account (id),
    state INTEGER NOT NULL, -- 0 open, 1 refused
    note  TEXT    NOT NULL,
    ts_ms INTEGER NOT NULL, -- when it was made, or refused
    PRIMARY KEY (asker, asked)
) STRICT, WITHOUT ROWID;
CREATE INDEX request_asked ON request (asked, state, ts_ms);

-- What an account has done of what has a rate by the hour or the day, for as long as it counts.
CREATE TABLE stamp (
    account INTEGER NOT NULL,
    what    INTEGER NOT NULL, -- 0 friend_request, 1 profile, 2 picture_put, 3 group_rename
    ts_ms   INTEGER NOT NULL
) STRICT;
CREATE INDEX stamp_account ON stamp (account, what, ts_ms);

-- Avatars under their SHA-256 in hex; a body lives as long as somebody who put it keeps it.
CREATE TABLE picture (
    hash TEXT PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;
CREATE TABLE picture_owner (
    account INTEGER NOT NULL REFERENCES account (id),
    hash    TEXT    NOT NULL REFERENCES picture (hash),
    ts_ms   INTEGER NOT NULL,
    PRIMARY KEY (account, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX picture_owner_hash ON picture_owner (hash);
