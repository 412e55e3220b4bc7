-- The one statement that moves an invoice on. No row means that it was not in the expected state.
update invoices set status = :to_status::invoice_status,
  stripe_invoice_id = coalesce(:stripe_invoice_id?, stripe_invoice_id),
  stripe_number = coalesce(:stripe_number?, stripe_number),
  failure_detail = :failure_detail?
where invoice_id = :invoice_id and status = :from_status::invoice_status
returning invoice_id;
