-- How an account shows itself; said again at every login. No note: none was ever set here.
ALTER TABLE account ADD COLUMN presence TEXT NOT NULL DEFAULT 'online';
ALTER TABLE account ADD COLUMN presence_note TEXT;
-- The number before the first row that this device was ever sent: 0, and nothing older is anywhere. Of the accounts that
-- are here already it is not known.
ALTER TABLE account ADD COLUMN floor INTEGER NOT NULL DEFAULT 1;

-- How far `account` has read `conv`. `unsaid` is 1 for one's own while the relay may not know it.
ALTER TABLE mark ADD COLUMN read INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mark ADD COLUMN unsaid INTEGER NOT NULL DEFAULT 0;
CREATE INDEX mark_unsaid ON mark (owner) WHERE unsaid = 1;

-- Where a message stands in its conversation: what is new comes behind all others, what is fetched later and older before
-- all others, from 0 downwards.
ALTER TABLE message ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
UPDATE message SET place = row;
DROP INDEX message_peer;
CREATE INDEX message_peer ON message (owner, peer, place);

-- With whom everything is here that the relay has.
CREATE TABLE filled (
    owner INTEGER NOT NULL REFERENCES account (row) ON DELETE CASCADE,
    peer  TEXT NOT NULL,
    PRIMARY KEY (owner, peer)
) STRICT, WITHOUT ROWID;
