-- An invoice with its run, locked to the end of the transaction.
select i.invoice_id, i.customer_id, i.status, i.run_id, i.fencing_token, i.period, i.series, r.status as run_status, c.stripe_customer_id
from invoices i join billing_runs r using (run_id) join customers c using (customer_id)
where i.invoice_id = :invoice_id
for update of i;
