-- Promise 12: adjustments that are not what their digest was made from or do not add up; placed ones that do not stand in
-- full, as lines of their invoice and as credits; and periods of a customer where what was billed, what stands and what is
-- still open of its adjustments is not what it was last compared to. A rejected difference stays, and one whose comparison
-- is still to come is left out. Before comparisons were kept, the last adjustment says what is right.
with standing as (
  select a.adjustment_id, a.status, a.total,
    coalesce((select sum(c.amount) from charges c where c.adjustment_id = a.adjustment_id and c.invoice_id = a.invoice_id), 0)
      - coalesce((select sum(k.amount) from credits k where k.adjustment_id = a.adjustment_id and (k.status <> 'cancelled' or k.lapsed)), 0) as placed
  from adjustments a where a.status in ('placed', 'applied')
), latest as (
  select distinct on (a.customer_id, a.run_id) a.customer_id, a.run_id, a.corrected from adjustments a
  where a.status in ('approved', 'placed', 'applied')
    and not exists (select from invoices i where i.customer_id = a.customer_id and i.run_id = a.run_id and i.status = 'void')
  order by a.customer_id, a.run_id, length(a.adjustment_id) desc, a.adjustment_id desc
), figures as (
  select run_id, customer_id, coalesce(c.corrected, l.corrected) as corrected, billed_of(customer_id, run_id) as billed,
    coalesce((select sum(a.total) from adjustments a where a.customer_id = coalesce(c.customer_id, l.customer_id)
                and a.run_id = coalesce(c.run_id, l.run_id) and a.status in ('proposed', 'approved')), 0) as still_open
  from comparisons c full join latest l using (run_id, customer_id)
)
select 'adjustment ' || adjustment_id as "place!", 'its document is not what its digest was made from' as "what!"
from adjustments where document_digest <> 'sha256:' || encode(sha256(convert_to(document, 'UTF8')), 'hex')
union all
select 'adjustment ' || a.adjustment_id, format('corrects %s to %s by %s, and its lines add up to %s', a.billed, a.corrected, a.total, d.sum)
from adjustments a
cross join lateral (select coalesce(sum((l ->> 'amount')::numeric), 0) as sum from jsonb_array_elements(a.document::jsonb -> 'lines') l) d
where a.total <> d.sum or a.total <> a.corrected - a.billed
union all
select 'adjustment ' || adjustment_id, format('is %s with %s, and stands with %s', status, total, placed)
from standing where placed <> total
union all
select format('%s %s', f.run_id, f.customer_id), format('%s stand and %s are open, and %s is right', f.billed, f.still_open, f.corrected)
from figures f
where f.billed + f.still_open <> f.corrected
  and not exists (select from adjustments a where a.customer_id = f.customer_id and a.run_id = f.run_id and a.status = 'rejected'
                    and a.corrected = f.corrected and a.billed = f.billed + f.still_open)
  and not exists (select from rerating_shards s where s.run_id = f.run_id and s.status = 'waiting' and f.customer_id = any(s.customers))
order by 1, 2
limit :most::int;
