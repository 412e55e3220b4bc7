-- Serialises the transactions that start or finish a (region, source, day), to the end of the transaction.
select pg_advisory_xact_lock(hashtextextended('checkpoint:' || :region || '/' || :source_id || '/' || :day, 0));
