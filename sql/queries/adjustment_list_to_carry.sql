-- The adjustments that a customer's invoice of a period and series carries or would carry, in the order in which it takes
-- them: those that stand on it once it is rated, and until then those that are due, unless an earlier period's invoice is
-- still to come. Nothing is locked.
select a.adjustment_id, a.document
from adjustments a
left join invoices i on i.customer_id = a.customer_id and i.period = :period and i.series = :series and i.status in ('rated', 'held')
where a.customer_id = :customer_id and case when i.invoice_id is not null then a.status = 'placed' and a.invoice_id = i.invoice_id
  else a.status = 'approved' and a.period < :period and not exists (
    select from billing_runs r where r.contract_id is null and r.period > a.period and r.period < :period
      and r.status not in ('approved', 'issuing', 'issuing_failed', 'issued', 'closed')) end
order by a.period, length(a.adjustment_id), a.adjustment_id;
