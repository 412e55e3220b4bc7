-- Approved adjustments that stand nowhere, locked, with how their currency's credits are given and whether the customer
-- is billed again: by a contract that covers a day after the last period whose run was approved, and was not billed
-- off-cycle already.
select a.adjustment_id, a.customer_id, a.period, a.currency, a.total,
  coalesce(p.credits_by, 'next_invoice') as "credits_by!",
  exists (select from contracts k where k.customer_id = a.customer_id and k.status in ('approved', 'active', 'ended')
    and (k.ends_on is null or (k.ends_on > k.starts_on and k.ends_on > (
      select max(r.period_to) from billing_runs r
      where r.contract_id is null and r.status in ('approved', 'issuing', 'issuing_failed', 'issued', 'closed'))))
    and not exists (select from billing_runs o where o.contract_id = k.contract_id
      and o.status in ('approved', 'issuing', 'issuing_failed', 'issued', 'closed'))) as "billed_again!"
from adjustments a left join adjustment_policies p on p.currency = a.currency
where a.adjustment_id = any(:adjustment_ids::text[]) and a.status = 'approved'
order by length(a.adjustment_id), a.adjustment_id
for update of a;
