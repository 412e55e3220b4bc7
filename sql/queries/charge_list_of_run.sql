-- The billed lines of a run's live invoices beside those of another period, line by line and customer by customer:
-- segments added up, quantities as they were written. One side is null where a line has come or gone.
with lines as (
  select i.customer_id, i.currency, split_part(c.line_key, ':', 1) as line, coalesce(c.project_id, '') as project, i.run_id = :run_id as is_own,
    min(c.label) as label, sum(c.amount) as amount, string_agg(coalesce(c.quantity, ''), ' + ' order by c.segment_from) as quantity
  from invoices i join charges c using (invoice_id)
  where i.status not in ('void', 'superseded')
    and (i.run_id = :run_id or (i.series = :series and i.period = :previous_period))
  group by 1, 2, 3, 4, 5
)
select coalesce(n.customer_id, o.customer_id) as "customer_id!", coalesce(n.currency, o.currency) as "currency!",
  coalesce(n.line, o.line) as "line!", coalesce(n.project, o.project) as "project!", coalesce(n.label, o.label) as "label!",
  o.amount::bigint as "old_amount?", n.amount::bigint as "new_amount?", o.quantity as "old_quantity?", n.quantity as "new_quantity?"
from (select * from lines where not is_own) o
full join (select * from lines where is_own) n using (customer_id, currency, line, project)
where o.amount is distinct from n.amount
order by 1, 2, 3, 4;
