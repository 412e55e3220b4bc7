-- The sign-off, by a person or by a rule. A trigger refuses the author, a rule that does not allow it, and a digest that is
-- not what stands now; no row means that the run is not in review.
update billing_runs set status = 'approved', approver = :approver?, approval_rule = :approval_rule?, approved_at = :approved_at, reviewed_digest = :reviewed_digest?
where run_id = :run_id and status = 'in_review'
returning fencing_token;
