-- Fixes what a complete run rests on: the current checkpoints of its days, and the digest over them and the contracts in force.
with pinned as (
  insert into run_checkpoints (run_id, fencing_token, checkpoint_id)
  select r.run_id, r.fencing_token, c.checkpoint_id
  from billing_runs r join checkpoints c on c.day >= r.period_from and c.day < r.period_to and c.status = 'complete'
  where r.run_id = :run_id
  returning checkpoint_id
), inputs as (
  select coalesce(string_agg(format('%s/%s/%s@%s %s', c.region, c.source_id, c.day, c.revision, c.digest), E'\n'
    order by c.region, c.source_id, c.day), '') as text
  from pinned join checkpoints c using (checkpoint_id)
), terms as (
  select coalesce(string_agg(format('%s %s %s %s %s', k.contract_id, k.mode, k.legacy_plan_version, k.usage_plan_version, k.overrides), E'\n'
    order by k.contract_id), '') as text
  from contracts k join billing_runs r on r.run_id = :run_id
  where k.status in ('active', 'ended') and k.starts_on < r.period_to and (k.ends_on is null or k.ends_on > r.period_from)
)
update billing_runs set status = 'complete',
  inputs_digest = 'sha256:' || encode(sha256(convert_to((select text from inputs) || E'\n\n' || (select text from terms), 'UTF8')), 'hex')
where run_id = :run_id and status = 'collecting'
returning run_id;
