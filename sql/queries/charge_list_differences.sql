-- What changed in a run's live invoices against those of another period, line by line, with both sums of the customer:
-- segments added up, quantities as they were written, terms as the digests of formula and parameters. One side is null
-- where a line has come or gone.
with lines as (
  select i.customer_id, i.currency, split_part(c.line_key, ':', 1) as line, coalesce(c.project_id, '') as project, i.run_id = :run_id as is_own,
    min(c.label) as label, sum(c.amount)::bigint as amount,
    string_agg(coalesce(c.quantity, ''), ' + ' order by c.segment_from) as quantity,
    string_agg(distinct c.formula_digest || c.parameters_digest, ' ') as terms
  from invoices i join charges c using (invoice_id)
  where i.status not in ('void', 'superseded')
    and (i.run_id = :run_id or (i.series = :series and i.period = :previous_period))
  group by 1, 2, 3, 4, 5
), compared as (
  select customer_id, currency, line, project, coalesce(n.label, o.label) as label, o.amount as old_amount, n.amount as new_amount,
    o.quantity as old_quantity, n.quantity as new_quantity, o.terms is not distinct from n.terms as same_terms,
    (sum(o.amount) over customer)::bigint as old_total, (sum(n.amount) over customer)::bigint as new_total
  from (select * from lines where not is_own) o
  full join (select * from lines where is_own) n using (customer_id, currency, line, project)
  window customer as (partition by customer_id, currency)
)
select customer_id as "customer_id!", u.name as customer_name, currency as "currency!", line as "line!", project as "project!", label as "label!",
  old_amount as "old_amount?", new_amount as "new_amount?", old_quantity as "old_quantity?", new_quantity as "new_quantity?",
  same_terms as "same_terms!", old_total as "old_total?", new_total as "new_total?"
from compared join customers u using (customer_id)
where old_amount is distinct from new_amount
order by 1, 2, 3, 4;
