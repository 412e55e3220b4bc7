-- The run, locked to the end of the transaction against whoever else moves it on. Rows that refer to the run are written
-- meanwhile: shards that end at the same moment wait for each other here, and never in a circle.
select run_id, period, status, period_from, period_to, fencing_token, author, contract_id from billing_runs where run_id = :run_id for no key update;
