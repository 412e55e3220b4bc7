-- A person's decision on a proposed adjustment. A trigger refuses who brought it about; no row means that it is not proposed.
update adjustments set status = :decision::adjustment_status, approver = :approver, decided_at = :decided_at
where adjustment_id = :adjustment_id and status = 'proposed'
returning adjustment_id;
