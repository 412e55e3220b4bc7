-- The one statement that moves a run on. No row means that it was not in the expected state or has a newer token.
update billing_runs set status = :to_status::billing_run_status
where run_id = :run_id and fencing_token = :fencing_token and status = :from_status::billing_run_status
returning run_id;
