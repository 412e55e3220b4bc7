-- Opens a rerating and fixes what it rests on: the current checkpoints of the run's days. The caller holds the run's lock.
with opened as (
  insert into reratings (run_id, rerating, inputs_digest, author, cause, opened_at)
  values (:run_id, :rerating, :inputs_digest, :author, :cause, :opened_at)
  returning run_id, rerating
), pinned as (
  insert into rerating_checkpoints (run_id, rerating, checkpoint_id)
  select o.run_id, o.rerating, c.checkpoint_id
  from opened o join billing_runs r on r.run_id = o.run_id
  join checkpoints c on c.day >= r.period_from and c.day < r.period_to and c.status = 'complete'
)
select rerating from opened;
