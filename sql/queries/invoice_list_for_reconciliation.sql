-- The invoices of some periods with what their copies in Stripe are made from, whatever their state but superseded.
select i.invoice_id, i.run_id, i.customer_id, i.period, i.series, i.generation, i.status, i.currency, i.subtotal, i.document, i.stripe_invoice_id, c.stripe_customer_id,
  k.collection_method as "collection_method?", k.days_until_due as "days_until_due?", k.tax as "tax?",
  exists (select from invoice_voids v where v.invoice_id = i.invoice_id and v.status in ('approved', 'done')) as "voided_here!"
from invoices i join customers c using (customer_id)
left join lateral (
  select t.collection_method, t.days_until_due, t.tax from contracts t
  where t.customer_id = i.customer_id and t.status <> 'draft'
  order by t.contract_id = (i.document::jsonb -> 'segments' -> -1 ->> 'contract') desc nulls last, t.starts_on desc limit 1) k on true
where i.period = any(:periods::text[]) and i.status <> 'superseded'
order by i.period, i.customer_id, i.invoice_id;
