-- What was typed to somebody and not sent.
CREATE TABLE draft (
    owner INTEGER NOT NULL REFERENCES account (row) ON DELETE CASCADE,
    peer  TEXT NOT NULL,
    text  TEXT NOT NULL,
    PRIMARY KEY (owner, peer)
) STRICT;
