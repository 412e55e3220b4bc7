-- The sign-off. A trigger refuses the author; no row means that the run is not in review.
update billing_runs set status = 'approved', approver = :approver, approved_at = :approved_at
where run_id = :run_id and status = 'in_review'
returning fencing_token;
