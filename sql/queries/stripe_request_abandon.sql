-- Puts aside the requests of a voided invoice that were never answered: they are not sent any more.
update stripe_requests set status = 'refused' where invoice_id = :invoice_id and status = 'committed';
