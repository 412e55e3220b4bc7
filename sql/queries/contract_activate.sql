-- Puts an approved contract in force from its first day. No row means that it is not approved.
update contracts set status = 'active' where contract_id = :contract_id and status = 'approved' returning contract_id;
