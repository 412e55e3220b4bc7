-- The draft of a contract's corrected terms in a period, locked to the end of the transaction.
select number, author, why, overrides, diagnostics from term_corrections
where contract_id = :contract_id and period = :period and status = 'draft' for update;
