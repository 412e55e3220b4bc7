-- Decides on a draft. No row means that it is none.
update term_corrections set status = :decision::term_correction_status, approver = :approver, acknowledged = :acknowledged
where contract_id = :contract_id and period = :period and number = :number and status = 'draft'
returning number;
