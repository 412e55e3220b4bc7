-- The credit notes on the invoices of some periods, whatever became of them but cancelled ones.
select k.credit_id, k.invoice_id as "invoice_id!", k.amount, k.currency, k.status, k.stripe_id
from credits k join invoices i using (invoice_id)
where k.kind = 'credit_note' and k.status <> 'cancelled' and i.period = any(:periods::text[])
order by k.invoice_id, k.credit_id;
