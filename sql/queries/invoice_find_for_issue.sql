-- An invoice with what its copy in Stripe is made from. Its terms are those of the contract that its last segment was
-- rated by; an invoice without segments has those of the customer's latest contract.
select i.invoice_id, i.run_id, i.fencing_token, i.customer_id, i.period, i.series, i.generation, i.status, i.currency, i.subtotal, i.document, i.stripe_invoice_id, c.stripe_customer_id,
  k.collection_method as "collection_method?", k.days_until_due as "days_until_due?", k.tax as "tax?"
from invoices i join customers c using (customer_id)
left join lateral (
  select t.collection_method, t.days_until_due, t.tax from contracts t
  where t.customer_id = i.customer_id and t.status <> 'draft'
  order by t.contract_id = (i.document::jsonb -> 'segments' -> -1 ->> 'contract') desc nulls last, t.starts_on desc limit 1) k on true
where i.invoice_id = :invoice_id;
