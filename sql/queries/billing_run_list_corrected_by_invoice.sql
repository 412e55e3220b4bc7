-- The runs whose corrections rest on an invoice: its own when it was corrected, those whose adjustments it carried, and
-- those whose credit notes reduce it. The latest first, in which order their locks are taken.
select r.run_id, r.period, i.customer_id
from invoices i join billing_runs r on exists (
  select from adjustments a where a.customer_id = i.customer_id and a.run_id = r.run_id
    and (a.run_id = i.run_id
      or exists (select from charges c where c.invoice_id = i.invoice_id and c.adjustment_id = a.adjustment_id)
      or exists (select from credits k where k.invoice_id = i.invoice_id and k.adjustment_id = a.adjustment_id)))
where i.invoice_id = :invoice_id
order by r.period desc, r.run_id;
