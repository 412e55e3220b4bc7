-- Retires the unissued invoices of a run whose inputs changed.
update invoices set status = 'superseded' where run_id = :run_id and fencing_token = :fencing_token and status in ('rated', 'held');
