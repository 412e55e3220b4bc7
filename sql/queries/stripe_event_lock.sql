-- Lets one delivery of an event at a time go on, to the end of its transaction.
select pg_advisory_xact_lock(hashtextextended(:event_id, 0));
