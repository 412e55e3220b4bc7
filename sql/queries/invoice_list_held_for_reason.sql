-- The invoices of a customer over a day that are held for a reason that nobody has released, with the days of their runs.
select i.invoice_id, i.run_id, i.fencing_token, r.period_from, r.period_to
from invoices i join billing_runs r using (run_id)
where i.customer_id = :customer_id and i.status = 'held' and r.period_from <= :day::date and r.period_to > :day::date
  and exists (select from invoice_holds h where h.invoice_id = i.invoice_id and h.reason = :reason and h.released_by is null)
order by i.invoice_id;
