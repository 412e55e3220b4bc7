-- An invoice with what its copy in Stripe is made from.
select i.invoice_id, i.run_id, i.fencing_token, i.customer_id, i.period, i.series, i.generation, i.status, i.currency, i.subtotal, i.document, i.stripe_invoice_id, c.stripe_customer_id
from invoices i join customers c using (customer_id)
where i.invoice_id = :invoice_id;
