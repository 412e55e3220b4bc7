-- The customers whose rows differ between a rerating and what came before it (the run itself for the first), and those
-- whose terms of the period were corrected. Rows that moved without a change are no difference.
with previous as (
  select checkpoint_id from rerating_checkpoints where run_id = :run_id and rerating = :rerating::int - 1
  union all
  select p.checkpoint_id from run_checkpoints p join billing_runs r on r.run_id = p.run_id and r.fencing_token = p.fencing_token
  where p.run_id = :run_id and :rerating = 1
), present as (
  select checkpoint_id from rerating_checkpoints where run_id = :run_id and rerating = :rerating
), before as (
  select u.customer_id, u.project_id, u.region, u.metric, u.day, u.quantity
  from (select checkpoint_id from previous except select checkpoint_id from present) gone
  join usage_daily u on u.checkpoint_id = gone.checkpoint_id and u.day >= :from_day::date and u.day < :to_day::date
), after as (
  select u.customer_id, u.project_id, u.region, u.metric, u.day, u.quantity
  from (select checkpoint_id from present except select checkpoint_id from previous) come
  join usage_daily u on u.checkpoint_id = come.checkpoint_id and u.day >= :from_day::date and u.day < :to_day::date
), changed as (
  (select * from before except all select * from after) union all (select * from after except all select * from before)
)
select customer_id as "customer_id!" from changed where customer_id is not null
union
select k.customer_id from term_corrections t join contracts k using (contract_id)
where t.period = :period and t.status in ('approved', 'superseded')
order by 1;
