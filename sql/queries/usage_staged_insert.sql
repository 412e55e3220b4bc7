-- Stages a batch of a running attempt's rows, each with who owned the project on that day. The attempt is locked against
-- whoever takes the cell over, so that one that was overtaken stages nothing. Says whether it was running, how many rows
-- were staged, and a project that was there already.
with attempt as (
  select checkpoint_id, day from checkpoints where checkpoint_id = :checkpoint_id::bigint and status = 'running' for share
), given as (
  select a.checkpoint_id, r.project_id, o.customer_id, r.quantity
  from attempt a
  cross join unnest(:project_ids::text[], :quantities::numeric[]) r (project_id, quantity)
  left join project_ownerships o on o.project_id = r.project_id and o.owned_from <= a.day and (o.owned_to is null or o.owned_to > a.day)
), staged as (
  insert into usage_staged (checkpoint_id, project_id, customer_id, quantity)
  select checkpoint_id, project_id, customer_id, quantity from given
  on conflict (checkpoint_id, project_id) do nothing
  returning project_id
)
select exists (select from attempt) as "running!", (select count(*)::int from staged) as "staged!",
  (select l.project_id from (select project_id from given except all select project_id from staged) l order by 1 limit 1) as "repeated?";
