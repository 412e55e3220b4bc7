-- Approves a draft. No row means that it is no draft.
update contracts set status = 'approved', approver = :approver, acknowledged = :acknowledged
where contract_id = :contract_id and status = 'draft' returning contract_id;
