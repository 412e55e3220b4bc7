-- Customers in shadow mode in some periods of which no comparison can be made, and why.
select distinct r.period, k.customer_id, u.name as customer_name, i.status as "status?",
  coalesce(s.reason || ': ' || s.detail, i.hold_reason, case when v.voided then 'the invoice was voided' end) as "why?"
from billing_runs r
join contracts k on k.mode = 'shadow' and k.status in ('active', 'ended') and k.starts_on < r.period_to
  and (k.ends_on is null or (k.ends_on > r.period_from and k.ends_on > k.starts_on))
join customers u on u.customer_id = k.customer_id
left join invoices i on i.customer_id = k.customer_id and i.run_id = r.run_id and i.fencing_token = r.fencing_token
  and i.status not in ('superseded', 'void')
cross join lateral (select i.invoice_id is null and exists (select from invoices o
  where o.customer_id = k.customer_id and o.run_id = r.run_id and o.status = 'void') as voided) v
left join shadow_refusals s on s.run_id = r.run_id and s.fencing_token = r.fencing_token and s.contract_id = k.contract_id
where r.period = any(:periods::text[])
  and (v.voided or not exists (select from charges c where c.run_id = r.run_id and c.fencing_token = r.fencing_token
                                 and c.contract_id = k.contract_id and c.rating_number = i.rating_number and c.purpose = 'shadow'))
order by 1, 2;
