-- The divisors of the metrics as a run pinned them under a token.
select metric, divisor from run_metrics where run_id = :run_id and fencing_token = :fencing_token order by metric;
