-- A change of the billing mode, locked to the end of the transaction.
select next_contract_id, previous_contract_id, customer_id, from_mode, to_mode, takes_effect_on, undoes, status, author, approver, why, proposed_at
from mode_changes where next_contract_id = :next_contract_id for update;
