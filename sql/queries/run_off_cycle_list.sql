-- The days that a run of the month leaves to off-cycle runs, as it pinned them under a token; an off-cycle run has none.
select customer_id, from_day, to_day from run_off_cycle_days
where run_id = :run_id and fencing_token = :fencing_token
order by customer_id, from_day;
