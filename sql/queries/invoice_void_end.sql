-- Ends the live void of an invoice: done, or withdrawn with the reason.
update invoice_voids set status = :to_status::invoice_void_status, ended_at = :ended_at, outcome = :outcome?
where invoice_id = :invoice_id and status = :from_status::invoice_void_status
returning void_id;
