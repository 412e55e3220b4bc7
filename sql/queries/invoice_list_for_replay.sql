-- Invoices after one, in the order of their ids, of a period or one by its id, in every state; with what their copies in Stripe are made from.
select i.invoice_id, i.run_id, i.fencing_token, i.customer_id, i.period, i.series, i.generation, i.rating_number, i.status, i.currency, i.subtotal, i.total,
  i.document, i.document_digest, i.hold_reason, c.stripe_customer_id, r.period_from, r.period_to,
  k.collection_method as "collection_method?", k.days_until_due as "days_until_due?", k.tax as "tax?"
from invoices i join customers c using (customer_id) join billing_runs r using (run_id)
left join lateral (
  select t.collection_method, t.days_until_due, t.tax from contracts t
  where t.customer_id = i.customer_id and t.status <> 'draft'
  order by t.contract_id = case when pg_input_is_valid(i.document, 'jsonb') then i.document::jsonb -> 'segments' -> -1 ->> 'contract' end desc nulls last, t.starts_on desc limit 1) k on true
where (:period?::text is null or i.period = :period?) and (:invoice_id?::text is null or i.invoice_id = :invoice_id?)
  and i.invoice_id > :after
order by i.invoice_id
limit :batch_size::int;
