-- Approved adjustments that stand nowhere, locked, with how their currency's credits are given and whether an invoice of
-- that currency is still to come for the customer.
select a.adjustment_id, a.customer_id, a.period, a.currency, a.total,
  coalesce(p.credits_by, 'next_invoice') as "credits_by!", is_billed_again(a.customer_id, a.currency) as "billed_again!"
from adjustments a left join adjustment_policies p on p.currency = a.currency
where a.adjustment_id = any(:adjustment_ids::text[]) and a.status = 'approved'
order by length(a.adjustment_id), a.adjustment_id
for update of a;
