-- A run as it stands.
select run_id, scope, period, status, period_from, period_to, grace_until, fencing_token, inputs_digest, author, approver, approved_at, opened_at, totals
from billing_runs where run_id = :run_id;
