-- Usage that is in no line of a run's live invoices, by metric and reason, as the invoices state it.
select e.metric as "metric!", e.reason as "reason!", count(distinct i.invoice_id)::int as "invoices!", sum(e.rows)::bigint as "rows!", sum(e.quantity) as "quantity!"
from invoices i
cross join lateral jsonb_to_recordset(i.document::jsonb -> 'exclusions') e (metric text, rows bigint, quantity numeric, reason text)
where i.run_id = :run_id and i.status not in ('superseded', 'void')
group by e.metric, e.reason
order by e.metric, e.reason;
