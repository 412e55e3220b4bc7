-- Customers in shadow mode in some periods of which no comparison can be made, and why.
select distinct r.period, k.customer_id, u.name as customer_name, i.status as "status?",
  coalesce(s.reason || ': ' || s.detail, i.hold_reason) as "why?"
from billing_runs r
join contracts k on k.mode = 'shadow' and k.status in ('active', 'ended') and k.starts_on < r.period_to
  and (k.ends_on is null or (k.ends_on > r.period_from and k.ends_on > k.starts_on))
join customers u on u.customer_id = k.customer_id
left join invoices i on i.customer_id = k.customer_id and i.run_id = r.run_id and i.fencing_token = r.fencing_token
  and i.status not in ('superseded', 'void')
left join shadow_refusals s on s.run_id = r.run_id and s.fencing_token = r.fencing_token and s.contract_id = k.contract_id
where r.period = any(:periods::text[])
  and not exists (select from charges c where c.run_id = r.run_id and c.fencing_token = r.fencing_token and c.contract_id = k.contract_id
                    and c.purpose = 'shadow')
order by 1, 2;
