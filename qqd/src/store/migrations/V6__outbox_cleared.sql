-- A message that failed and that nobody wants to see in the outbox any more.
ALTER TABLE message ADD COLUMN cleared INTEGER NOT NULL DEFAULT 0;
