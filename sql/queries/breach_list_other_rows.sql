-- Promise 18: checkpoints that are current or that a run rests on, whose rows are not as many, or do not add up to as much, as
-- when they were kept, or are not those that their digest was made from: the canonical JSON of usage/staging.ts. Months that
-- retention has dropped are left out: what it dropped stands in the audit log.
with wanted as (
  select c.checkpoint_id, c.region, c.source_id, c.day, c.revision, c.row_count, c.total, c.digest,
    format('{"configuration":%s,"day":"%s","metric":%s,"region":%s,"rows":[', to_json(s.configuration_digest), c.day, to_json(c.metric), to_json(c.region)) as before,
    format('],"source":%s}', to_json(c.source_id)) as after
  from checkpoints c
  join usage_sources s on s.source_id = c.source_id and s.region = c.region and s.version = c.source_version
  where c.status in ('complete', 'superseded') and to_regclass('usage_daily_' || to_char(c.day, 'YYYYMM')) is not null
    and (c.status = 'complete' or exists (select from run_checkpoints p where p.checkpoint_id = c.checkpoint_id))
), found as (
  -- Each checkpoint's text becomes its digest at once: the rows of two years are never held together.
  select w.checkpoint_id, count(u.day) as rows, coalesce(sum(u.quantity), 0) as total,
    'sha256:' || encode(sha256(convert_to(w.before || coalesce(string_agg(
      '[' || to_json(u.project_id) || ',' || coalesce(to_json(u.customer_id)::text, 'null') || ',"' || u.quantity || '"]', ','
      order by u.project_id collate "C"), '') || w.after, 'UTF8')), 'hex') as digest
  from wanted w left join usage_daily u on u.day = w.day and u.checkpoint_id = w.checkpoint_id
  group by w.checkpoint_id, w.before, w.after
)
select format('%s/%s/%s@%s', w.region, w.source_id, w.day, w.revision) as "place!",
  case when f.rows <> w.row_count or f.total <> w.total
    then format('has %s rows, %s in all, and was kept with %s rows, %s', f.rows, trim_scale(f.total), w.row_count, trim_scale(w.total))
    else 'its rows are not those that its digest was made from' end as "what!"
from wanted w join found f using (checkpoint_id)
where f.rows <> w.row_count or f.total <> w.total or f.digest <> w.digest
order by 1
limit :most::int;
