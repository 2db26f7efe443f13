-- `present` is 1 for everybody who is logged in, no longer for one at most.
DROP INDEX account_present;
