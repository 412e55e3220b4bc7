-- Of customers in shadow mode: what was billed and what usage would have billed, by line, in some periods, as the runs
-- stand now. Superseded and voided invoices are left out on both sides.
select r.period, c.customer_id, u.name as customer_name, c.currency, c.purpose as "purpose!", c.line_key, min(c.label) as "label!",
  sum(c.amount)::bigint as "amount!"
from charges c
join billing_runs r on r.run_id = c.run_id and r.fencing_token = c.fencing_token
join contracts k on k.contract_id = c.contract_id
join customers u on u.customer_id = c.customer_id
where r.period = any(:periods::text[]) and k.mode = 'shadow' and c.purpose in ('billed', 'shadow')
  and (c.invoice_id is null or exists (select from invoices i where i.invoice_id = c.invoice_id and i.status not in ('superseded', 'void')))
group by r.period, c.customer_id, u.name, c.currency, c.purpose, c.line_key
order by r.period, c.customer_id, c.purpose, c.line_key;
