-- The credits that wait for an invoice to be final.
select credit_id from credits where carrier_invoice_id = :invoice_id and status = 'planned' order by length(credit_id), credit_id;
