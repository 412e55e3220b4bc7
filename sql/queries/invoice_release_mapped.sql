-- Releases the invoices that were held only because their customer was not known to Stripe: their run was signed off,
-- and the customer is mapped now.
update invoices i set status = 'approved', hold_reason = null
from customers c, billing_runs r
where i.customer_id = :customer_id and i.status = 'held' and i.hold_reason like 'no\_stripe\_customer:%'
  and c.customer_id = i.customer_id and c.stripe_customer_id is not null
  and r.run_id = i.run_id and r.status in ('issuing', 'issuing_failed', 'issued')
returning i.invoice_id, i.run_id;
