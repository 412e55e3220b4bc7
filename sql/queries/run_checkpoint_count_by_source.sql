-- What a run rests on under its current token: per region and source the pinned checkpoints, their rows, and how many are reruns.
select c.region, c.source_id, c.metric, count(*)::int as "checkpoints!", sum(c.row_count)::bigint as "rows!",
  (count(*) filter (where c.revision > 1))::int as "reruns!", (count(*) filter (where c.status = 'superseded'))::int as "superseded!"
from billing_runs r
join run_checkpoints p on p.run_id = r.run_id and p.fencing_token = r.fencing_token
join checkpoints c on c.checkpoint_id = p.checkpoint_id
where r.run_id = :run_id
group by c.region, c.source_id, c.metric
order by c.region, c.source_id;
