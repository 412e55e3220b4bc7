-- How many current checkpoints of the run's days it does not rest on.
select count(*)::int as "unpinned!"
from billing_runs r
join checkpoints c on c.day >= r.period_from and c.day < r.period_to and c.status = 'complete'
left join run_checkpoints p on p.run_id = r.run_id and p.fencing_token = r.fencing_token and p.checkpoint_id = c.checkpoint_id
where r.run_id = :run_id and p.checkpoint_id is null;
