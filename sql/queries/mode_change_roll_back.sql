-- Marks a change of the billing mode as rolled back. A trigger wants its approved roll-back, and a month that is open.
update mode_changes set status = 'rolled_back' where next_contract_id = :next_contract_id and status = 'approved'
returning next_contract_id;
