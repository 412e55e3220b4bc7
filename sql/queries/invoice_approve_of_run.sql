-- Releases the rated invoices of a run; held ones stay.
update invoices set status = 'approved' where run_id = :run_id and fencing_token = :fencing_token and status = 'rated'
returning invoice_id;
