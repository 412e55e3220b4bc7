-- One invoice, whatever its state, with the customer's name.
select i.invoice_id, i.run_id, i.fencing_token, i.customer_id, c.name as customer_name, i.period, i.series, i.status, i.currency, i.subtotal, i.total,
  i.document, i.document_digest, i.hold_reason, i.stripe_invoice_id, i.stripe_number, i.failure_detail, i.rated_at
from invoices i join customers c using (customer_id)
where i.invoice_id = :invoice_id;
