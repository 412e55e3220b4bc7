-- The invoices that a credit of a customer's period can reduce, in the order in which they are taken: those of the period,
-- then those that carried its adjustments, with what is left of each total. Voided and uncollectible ones bear nothing.
select i.invoice_id, i.total - coalesce((select sum(k.amount) from credits k where k.invoice_id = i.invoice_id and k.status <> 'cancelled'), 0)::bigint as "left!"
from invoices i
where i.customer_id = :customer_id and i.currency = :currency
  and i.status in ('approved', 'drafted', 'verified', 'stripe_failed', 'finalized', 'paid')
  and (i.period = :period or exists (select from adjustments a where a.invoice_id = i.invoice_id and a.customer_id = :customer_id
         and a.period = :period and a.status in ('placed', 'applied')))
order by i.period, i.series, i.invoice_id;
