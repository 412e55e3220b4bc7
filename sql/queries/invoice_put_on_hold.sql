-- Holds a rated invoice, by hand. No row means that it is not rated any more.
update invoices set status = 'held', hold_reason = :hold_reason where invoice_id = :invoice_id and status = 'rated'
returning invoice_id;
