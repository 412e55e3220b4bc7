-- Lets one sender at a time look for the next alert, to the end of its transaction; two would send two messages in one second.
select pg_advisory_xact_lock(hashtext('alerts'));
