-- The invoices that a run made for some customers, released, held for a decision or voided, locked to the end of the
-- transaction: whoever corrects them waits. One that could not be rated has billed nothing and is left out.
select invoice_id, customer_id, status, currency, document, document_digest from invoices
where customer_id = any(:customers::text[]) and run_id = :run_id and status <> 'superseded'
  and not jsonb_exists(document::jsonb, 'held')
order by customer_id, series, length(invoice_id), invoice_id
for update;
