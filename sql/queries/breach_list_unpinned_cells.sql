-- Promise 3: cells that a priced run required and rests on no or on several checkpoints of, without a waiver.
with priced as (
  select distinct h.run_id, h.fencing_token, r.period_from, r.period_to
  from run_shards h join billing_runs r using (run_id)
), pinned as (
  select p.run_id, p.fencing_token, c.region, c.source_id, c.day, count(*) as checkpoints,
    count(*) filter (where c.status not in ('complete', 'superseded')) as incomplete
  from run_checkpoints p join checkpoints c using (checkpoint_id)
  group by p.run_id, p.fencing_token, c.region, c.source_id, c.day
)
select format('%s#%s %s/%s/%s', h.run_id, h.fencing_token, s.region, s.source_id, d.day::date) as "place!",
  format('the run rests on %s checkpoints of it, %s of them incomplete', coalesce(p.checkpoints, 0), coalesce(p.incomplete, 0)) as "what!"
from priced h
cross join lateral generate_series(h.period_from, h.period_to - 1, interval '1 day') d (day)
join usage_sources s on s.active_from <= d.day and (s.active_to is null or s.active_to > d.day)
join regions g on g.region = s.region and g.active_from <= d.day and (g.active_to is null or g.active_to > d.day)
left join pinned p on p.run_id = h.run_id and p.fencing_token = h.fencing_token
  and p.region = s.region and p.source_id = s.source_id and p.day = d.day::date
left join completeness_waivers w on w.region = s.region and w.source_id = s.source_id and w.day = d.day::date and w.status = 'approved'
where coalesce(p.checkpoints, 0) > 1 or p.incomplete > 0 or (p.checkpoints is null and w.day is null)
order by 1
limit :most::int;
