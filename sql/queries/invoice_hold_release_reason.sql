-- Releases the open holds of an invoice that have one reason; the others stay. A trigger refuses who placed one of them (promise 23).
update invoice_holds set released_by = :released_by, released_at = :released_at, released_why = :why
where invoice_id = :invoice_id and reason = :reason and released_by is null
returning hold;
