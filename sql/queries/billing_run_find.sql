-- A run as it stands, with the digest over what a reviewer sees of it now, and whether its inputs are others by now.
select run_id, scope, period, status, period_from, period_to, grace_until, fencing_token, inputs_digest, author, approver, approval_rule, approved_at, opened_at, totals,
  contract_id, reviewed_digest, closed_by, closed_at, left_open, run_review_digest(run_id) as "review_digest!",
  (inputs_digest is not null and run_has_changed(r)) as "has_changed!"
from billing_runs r where run_id = :run_id;
