-- Closes an issued run. A trigger refuses when anything is open that is not left on purpose; no row means that it is not issued.
update billing_runs set status = 'closed', closed_by = :closed_by, closed_at = :closed_at, left_open = :left_open
where run_id = :run_id and status = 'issued'
returning run_id;
