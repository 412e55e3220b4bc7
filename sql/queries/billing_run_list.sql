-- Every run, the latest period first.
select run_id, period, status, fencing_token, author, approver, approved_at, totals from billing_runs order by period desc, run_id;
