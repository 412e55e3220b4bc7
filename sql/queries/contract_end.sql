-- Ends a contract: `ends_on` is the first day that it does not cover. No row means that it is neither approved nor active.
update contracts set status = 'ended', ends_on = :ends_on
where contract_id = :contract_id and status in ('approved', 'active') returning contract_id;
