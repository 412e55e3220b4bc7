-- Keeps the totals that the reviewer is shown.
update billing_runs set totals = :totals where run_id = :run_id and fencing_token = :fencing_token and status in ('complete', 'in_review')
returning run_id;
