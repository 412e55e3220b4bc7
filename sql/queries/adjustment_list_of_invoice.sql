-- The adjustments that correct an invoice's lines, with where each stands.
select a.adjustment_id, a.status, a.currency, a.total, a.invoice_id, a.proposed_at
from adjustments a join invoices i on i.customer_id = a.customer_id and i.run_id = a.run_id
where i.invoice_id = :invoice_id
  and exists (select from jsonb_array_elements(a.document::jsonb -> 'corrects') c where c ->> 'invoice' = i.invoice_id)
order by length(a.adjustment_id), a.adjustment_id;
