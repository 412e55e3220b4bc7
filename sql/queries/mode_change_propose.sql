-- Proposes a change of the billing mode: the draft of the next contract, and why.
insert into mode_changes (next_contract_id, previous_contract_id, customer_id, from_mode, to_mode, takes_effect_on, undoes, status, author, why, proposed_at)
values (:next_contract_id, :previous_contract_id, :customer_id, :from_mode, :to_mode, :takes_effect_on, :undoes?, 'proposed', :author, :why, :proposed_at);
