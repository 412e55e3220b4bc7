-- Promise 5: values of metrics in lines, shadow lines too, that are not the roll-up of the rows in the checkpoints of their run.
-- Lines whose month retention has dropped cannot be compared here any more.
with billed as (
  select c.run_id, c.fencing_token, c.customer_id, c.rating_number, c.purpose, c.position, c.line_key, c.project_id, c.segment_from, c.segment_to,
    m.metric, v.document::jsonb -> 'metrics' -> m.metric ->> 'rollup' as rollup, i.value as billed,
    split_part(i.value, '/', 1)::numeric as top, coalesce(nullif(split_part(i.value, '/', 2), ''), '1')::numeric as bottom, m.divisor
  from charges c
  join plan_versions v on v.plan_version = c.plan_version
  cross join lateral jsonb_each_text(c.inputs::jsonb) i
  join run_metrics m on m.run_id = c.run_id and m.fencing_token = c.fencing_token and m.metric = i.key
  where v.document::jsonb -> 'metrics' ? i.key
    and to_regclass('usage_daily_' || to_char(c.segment_from, 'YYYYMM')) is not null
), days as (
  select p.run_id, p.fencing_token, u.customer_id, u.metric, u.project_id, u.day, sum(u.quantity) as quantity
  from run_checkpoints p join usage_daily u on u.checkpoint_id = p.checkpoint_id
  where u.customer_id is not null
  group by p.run_id, p.fencing_token, u.customer_id, u.metric, u.project_id, u.day
), totals as (
  select b.run_id, b.fencing_token, b.customer_id, b.rating_number, b.purpose, b.position, b.metric, d.day, sum(d.quantity) as quantity
  from billed b join days d on d.run_id = b.run_id and d.fencing_token = b.fencing_token and d.customer_id = b.customer_id
    and d.metric = b.metric and d.day >= b.segment_from and d.day < b.segment_to and (b.project_id is null or d.project_id = b.project_id)
  group by b.run_id, b.fencing_token, b.customer_id, b.rating_number, b.purpose, b.position, b.metric, d.day
), rolled as (
  select b.run_id, b.fencing_token, b.customer_id, b.rating_number, b.purpose, b.line_key, b.metric, b.rollup, b.billed, b.top, b.bottom,
    coalesce(case b.rollup when 'max' then max(t.quantity) when 'last' then sum(t.quantity) filter (where t.day = b.segment_to - 1)
             else sum(t.quantity) end, 0) as quantity,
    b.divisor * case b.rollup when 'mean' then b.segment_to - b.segment_from else 1 end as parts
  from billed b left join totals t on t.run_id = b.run_id and t.fencing_token = b.fencing_token and t.customer_id = b.customer_id
    and t.rating_number = b.rating_number and t.purpose = b.purpose and t.position = b.position and t.metric = b.metric
  group by b.run_id, b.fencing_token, b.customer_id, b.rating_number, b.purpose, b.position, b.line_key, b.metric, b.rollup, b.billed, b.top, b.bottom,
    b.divisor, b.segment_from, b.segment_to
)
select format('%s#%s %s %s line %s, %s', run_id, fencing_token, customer_id, purpose, line_key, metric) as "place!",
  format('the line has %s, and its rows roll up (%s) to %s%s', billed, rollup, trim_scale(quantity),
         case parts when 1 then '' else ' / ' || trim_scale(parts) end) as "what!"
from rolled
where quantity * bottom <> top * parts
order by 1
limit :most::int;
