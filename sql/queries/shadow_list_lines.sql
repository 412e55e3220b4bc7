-- Of customers in shadow mode: what was billed in the end and what usage would have billed, by line, in some periods, as
-- the runs stand now and were last compared: usage that came late moves no money, and is in the report. A customer whose
-- invoice was voided is in it on neither side.
with priced as (
  select r.run_id, r.period, c.customer_id, c.currency, c.purpose, c.line_key, c.label, c.amount
  from charges c
  join billing_runs r on r.run_id = c.run_id and r.fencing_token = c.fencing_token
  join contracts k on k.contract_id = c.contract_id
  where r.period = any(:periods::text[]) and k.mode = 'shadow' and c.purpose in ('billed', 'shadow')
    and exists (select from invoices i where (i.run_id, i.fencing_token, i.customer_id, i.rating_number) = (c.run_id, c.fencing_token, c.customer_id, c.rating_number)
                  and i.status not in ('superseded', 'void'))
    -- What was rated anew takes the place of what the run had rated.
    and not (c.purpose = 'shadow' and exists (select from comparisons n where n.run_id = r.run_id and n.customer_id = c.customer_id and n.shadow <> '[]'))
), anew as (
  select r.run_id, r.period, n.customer_id, n.currency, 'shadow'::charge_purpose, l ->> 'line', l ->> 'label', (l ->> 'amount')::bigint
  from comparisons n join billing_runs r using (run_id) cross join lateral jsonb_array_elements(n.shadow) l
  where r.period = any(:periods::text[])
), corrected as (
  select r.run_id, r.period, a.customer_id, a.currency, 'billed'::charge_purpose, l #>> '{corrects,line}', l ->> 'label', (l ->> 'amount')::bigint
  from adjustments a join billing_runs r using (run_id) cross join lateral jsonb_array_elements(a.document::jsonb -> 'lines') l
  join contracts k on k.contract_id = l ->> 'contract'
  where r.period = any(:periods::text[]) and k.mode = 'shadow' and a.status in ('placed', 'applied')
)
select p.period as "period!", p.customer_id as "customer_id!", u.name as customer_name, p.currency as "currency!", p.purpose as "purpose!", p.line_key as "line_key!", min(p.label) as "label!",
  sum(p.amount)::bigint as "amount!"
from (select * from priced union all select * from anew union all select * from corrected) p
join customers u using (customer_id)
where exists (select from invoices i where i.run_id = p.run_id and i.customer_id = p.customer_id and i.status not in ('superseded', 'void'))
group by p.period, p.customer_id, u.name, p.currency, p.purpose, p.line_key
order by p.period, p.customer_id, p.purpose, p.line_key;
