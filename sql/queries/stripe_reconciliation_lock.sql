-- Lets one reconciliation of a period at a time keep what it found, to the end of its transaction.
select pg_advisory_xact_lock(hashtextextended('reconciliation ' || :period, 0));
