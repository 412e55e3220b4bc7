-- Releases what is open of an invoice's holds. A trigger refuses who placed one of them (promise 23).
update invoice_holds set released_by = :released_by, released_at = :released_at, released_why = :why
where invoice_id = :invoice_id and released_by is null
returning hold;
