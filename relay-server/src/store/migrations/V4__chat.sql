-- Marks of what was read beside those of what was delivered, and those that the other one is not told (yet).

CREATE TABLE marks (
    conv     INTEGER NOT NULL REFERENCES conv (id),
    account  INTEGER NOT NULL REFERENCES account (id), -- who has it
    kind     INTEGER NOT NULL, -- 0 delivered, 1 read
    other    INTEGER NOT NULL REFERENCES account (id), -- the other member
    cseq     INTEGER NOT NULL, -- up to there
    own_head INTEGER NOT NULL, -- where the inbox of `account` stood when that was noted
    shown    INTEGER NOT NULL, -- up to there `other` may know; less than `cseq` where `account` was invisible
    head     INTEGER NOT NULL, -- where the inbox of `other` stood when that was noted
    PRIMARY KEY (conv, account, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO marks SELECT conv, account, 0, other, cseq, 0, cseq, head FROM mark;
DROP TABLE mark;
ALTER TABLE marks RENAME TO mark;
CREATE INDEX mark_other ON mark (other, head);
CREATE INDEX mark_own ON mark (account, own_head) WHERE kind = 1;
CREATE INDEX mark_hidden ON mark (account) WHERE shown < cseq;
