-- Promise 7: monthly runs that are not their month, runs of one scope that overlap, rows outside the day of their checkpoint,
-- and segments of an invoice that overlap or leave its period.
with segments as (
  select i.invoice_id, s.ordinality, r.period_from, r.period_to, (s.segment ->> 'from')::date as from_day, (s.segment ->> 'to')::date as to_day
  from invoices i join billing_runs r using (run_id)
  cross join lateral jsonb_array_elements(i.document::jsonb -> 'segments') with ordinality s (segment, ordinality)
)
select 'run ' || run_id as "place!", format('covers %s until %s, and its period is %s', period_from, period_to, period) as "what!"
from billing_runs
where scope = 'month' and (period_from <> (period || '-01')::date or period_to <> ((period || '-01')::date + interval '1 month')::date)
union all
select 'run ' || a.run_id, format('overlaps run %s of the same scope', b.run_id)
from billing_runs a join billing_runs b on a.scope = b.scope and a.run_id < b.run_id and a.scope = 'month'
  and daterange(a.period_from, a.period_to) && daterange(b.period_from, b.period_to) and a.status <> 'closed' and b.status <> 'closed'
union all
select 'invoice ' || a.invoice_id, format('has a segment from %s until %s outside of its run', a.from_day, a.to_day)
from segments a where a.from_day < a.period_from or a.to_day > a.period_to or a.to_day <= a.from_day
union all
select 'invoice ' || a.invoice_id, format('bills days from %s twice', greatest(a.from_day, b.from_day))
from segments a join segments b on a.invoice_id = b.invoice_id and a.ordinality < b.ordinality
  and daterange(a.from_day, a.to_day) && daterange(b.from_day, b.to_day)
union all
select 'checkpoint ' || c.checkpoint_id, format('%s of its rows are of another day, region or metric', count(*))
from checkpoints c join usage_daily u on u.checkpoint_id = c.checkpoint_id
where (u.day, u.region, u.metric) is distinct from (c.day, c.region, c.metric)
group by c.checkpoint_id
order by 1, 2
limit :most::int;
