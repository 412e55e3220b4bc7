-- The customer's live invoice of a period and series, once its amounts are settled by the sign-off.
select invoice_id, run_id, status, currency, subtotal, total, document, document_digest, stripe_number
from invoices
where customer_id = :customer_id and period = :period and series = :series
  and status in ('approved', 'drafted', 'verified', 'stripe_failed', 'finalized', 'paid', 'uncollectible');
