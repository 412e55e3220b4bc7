-- The invoice that stands in Stripe under an id, locked to the end of the transaction.
select invoice_id, run_id, customer_id, period, status from invoices where stripe_invoice_id = :stripe_invoice_id for update;
