-- Fixes what a complete run rests on: the current checkpoints of its days, and the digest over them and the contracts in force.
with pinned as (
  insert into run_checkpoints (run_id, fencing_token, checkpoint_id)
  select r.run_id, r.fencing_token, c.checkpoint_id
  from billing_runs r join checkpoints c on c.day >= r.period_from and c.day < r.period_to and c.status = 'complete'
  where r.run_id = :run_id
)
update billing_runs set status = 'complete', inputs_digest = run_inputs_digest(run_id)
where run_id = :run_id and status = 'collecting'
returning run_id;
