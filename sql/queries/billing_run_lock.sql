-- The run, locked to the end of the transaction.
select run_id, period, status, period_from, period_to, fencing_token, author, contract_id from billing_runs where run_id = :run_id for update;
