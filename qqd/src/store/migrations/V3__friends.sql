-- One's own groups of friends, the empty ones, too: `friend.grp` names them.
CREATE TABLE friend_group (
    owner INTEGER NOT NULL REFERENCES account (row) ON DELETE CASCADE,
    name  TEXT NOT NULL,
    PRIMARY KEY (owner, name)
) STRICT, WITHOUT ROWID;

-- Requests that are open; `incoming` is 1 for those of others.
CREATE TABLE request (
    owner    INTEGER NOT NULL REFERENCES account (row) ON DELETE CASCADE,
    account  TEXT NOT NULL,
    incoming INTEGER NOT NULL,
    name     TEXT NOT NULL,
    note     TEXT NOT NULL,
    ts       TEXT NOT NULL,
    PRIMARY KEY (owner, account, incoming)
) STRICT, WITHOUT ROWID;

CREATE TABLE blocked (
    owner   INTEGER NOT NULL REFERENCES account (row) ON DELETE CASCADE,
    account TEXT NOT NULL,
    PRIMARY KEY (owner, account)
) STRICT, WITHOUT ROWID;

-- What one shows of oneself, beside `account.name`.
CREATE TABLE profile (
    owner   INTEGER PRIMARY KEY REFERENCES account (row) ON DELETE CASCADE,
    picture TEXT NOT NULL,
    note    TEXT NOT NULL
) STRICT;

-- Groups of which only the members were known so far.
INSERT INTO friend_group (owner, name)
    SELECT DISTINCT owner, grp FROM friend WHERE grp NOT IN ('friend', 'stranger');
