-- Inputs changed before the approval: the run collects again under a new token, and whoever holds the old one changes nothing.
update billing_runs set status = 'collecting', fencing_token = fencing_token + 1, inputs_digest = null, totals = null
where run_id = :run_id and status in ('complete', 'rated', 'in_review', 'rating_failed')
returning fencing_token;
