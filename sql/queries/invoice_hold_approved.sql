-- Holds a released invoice of which nothing was sent yet. No row means that it was not waiting to be sent.
update invoices set status = 'held', hold_reason = :hold_reason
where invoice_id = :invoice_id and status = 'approved' and stripe_invoice_id is null
  and not exists (select from stripe_requests r where r.invoice_id = :invoice_id)
returning invoice_id;
