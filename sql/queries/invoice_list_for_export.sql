-- The invoices of a period after one, in the byte order of their ids, without superseded ones; amounts never change between two batches.
select i.invoice_id, i.customer_id, c.name as customer_name, i.period, i.series, i.run_id, i.status, i.currency, i.subtotal, i.total,
  i.hold_reason, i.stripe_invoice_id, i.stripe_number, i.rated_at, i.document_digest
from invoices i join customers c using (customer_id)
where i.period = :period and i.status <> 'superseded' and i.invoice_id collate "C" > :after
order by i.invoice_id collate "C"
limit :batch_size::int;
