-- Lets a held invoice go on with its run. A trigger refuses while a hold is open, and what could not be rated.
update invoices set status = 'rated', hold_reason = null where invoice_id = :invoice_id and status = 'held'
returning invoice_id;
