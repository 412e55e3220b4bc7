-- Decides on a proposed change of the billing mode. No row means that it is not proposed.
update mode_changes set status = :decision::mode_change_status, approver = :approver
where next_contract_id = :next_contract_id and status = 'proposed'
returning next_contract_id;
