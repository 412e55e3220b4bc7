-- What Stripe answered when an invoice was finalized, beside what the invoice is here; null when no answer was kept.
select i.invoice_id, i.status, i.currency, i.subtotal, i.stripe_invoice_id, r.response as "response?"
from invoices i left join stripe_requests r on r.invoice_id = i.invoice_id and r.step = 'finalize' and r.status = 'answered'
where i.status in ('finalized', 'paid', 'uncollectible') and i.invoice_id > :after
order by i.invoice_id
limit :batch_size::int;
