-- The live invoices of a run with what a reviewer looks at.
select i.invoice_id, i.customer_id, c.name as customer_name, i.status, i.currency, i.subtotal, i.total, i.hold_reason, i.stripe_invoice_id, i.stripe_number, i.failure_detail
from invoices i join customers c using (customer_id)
where i.run_id = :run_id and i.status <> 'superseded'
order by i.customer_id, i.series, i.generation;
