-- Promise 5: usage of an invoice's customer that is in no segment of the invoice or in no metric of its plan, and is not among
-- the exclusions that the invoice states, by rows and quantity; and exclusions that no usage stands behind.
with rated as (
  select i.invoice_id, i.run_id, i.fencing_token, i.customer_id, i.document::jsonb as document
  from invoices i
  where i.series = 'usage' and i.hold_reason is null
    and to_regclass('usage_daily_' || replace(i.period, '-', '')) is not null
), segments as (
  select r.invoice_id, s."from" as from_day, s."to" as to_day, v.document::jsonb -> 'metrics' as metrics
  from rated r cross join lateral jsonb_to_recordset(r.document -> 'segments') s ("planVersion" text, "from" date, "to" date)
  join plan_versions v on v.plan_version = s."planVersion"
), used as (
  select r.invoice_id, u.metric,
    case when s.invoice_id is not null then 'metric_not_in_plan' when o.customer_id is not null then 'billed_off_cycle' else 'no_contract' end as reason,
    count(*) as rows, sum(u.quantity) as quantity
  from rated r
  join run_checkpoints p on p.run_id = r.run_id and p.fencing_token = r.fencing_token
  join usage_daily u on u.checkpoint_id = p.checkpoint_id and u.customer_id = r.customer_id
  left join segments s on s.invoice_id = r.invoice_id and u.day >= s.from_day and u.day < s.to_day
  left join run_off_cycle_days o on o.run_id = r.run_id and o.fencing_token = r.fencing_token and o.customer_id = r.customer_id
    and u.day >= o.from_day and u.day < o.to_day
  where s.invoice_id is null or not s.metrics ? u.metric
  group by 1, 2, 3
), stated as (
  select r.invoice_id, e.metric, e.reason, sum(e.rows) as rows, sum(e.quantity) as quantity
  from rated r cross join lateral jsonb_to_recordset(r.document -> 'exclusions') e (metric text, rows bigint, quantity numeric, reason text)
  group by 1, 2, 3
)
select format('%s %s', invoice_id, metric) as "place!",
  format('%s rows, %s in all, are in no line (%s), and the invoice states %s rows, %s', coalesce(u.rows, 0), coalesce(trim_scale(u.quantity), 0),
         reason, coalesce(s.rows, 0), coalesce(trim_scale(s.quantity), 0)) as "what!"
from used u full join stated s using (invoice_id, metric, reason)
where u.rows is distinct from s.rows or u.quantity is distinct from s.quantity
order by 1
limit :most::int;
