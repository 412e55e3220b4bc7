-- The number of the next correction of a contract's terms in a period.
select coalesce(max(number), 0) + 1 as "number!" from term_corrections where contract_id = :contract_id and period = :period;
