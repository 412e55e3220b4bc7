-- Approves the void that is asked for. No row means that none is.
update invoice_voids set status = 'approved', approver = :approver, approved_at = :approved_at
where invoice_id = :invoice_id and status = 'asked'
returning void_id;
