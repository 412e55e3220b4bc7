-- The run of an invoice.
select run_id from invoices where invoice_id = :invoice_id;
