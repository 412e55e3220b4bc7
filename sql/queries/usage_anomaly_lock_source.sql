-- Serialises the detections over one source of a region, to the end of the transaction: the last one sees every checkpoint.
select pg_advisory_xact_lock(hashtextextended('usage_anomalies:' || :region || '/' || :source_id, 0));
