-- Retires the corrected terms in force, because others take their place.
update term_corrections set status = 'superseded' where contract_id = :contract_id and period = :period and status = 'approved';
