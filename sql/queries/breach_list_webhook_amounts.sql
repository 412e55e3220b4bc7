-- Promise 17: invoices whose amounts are not those that they were rated with, and events that were applied to no invoice of ours.
select invoice_id as "place!", format('is %s of %s %s, and was rated as %s of %s %s', subtotal, total, currency,
  document::jsonb ->> 'subtotal', document::jsonb ->> 'total', document::jsonb ->> 'currency') as "what!"
from invoices
where (subtotal::text, total::text, currency) is distinct from (document::jsonb ->> 'subtotal', document::jsonb ->> 'total', document::jsonb ->> 'currency')
union all
select 'Stripe event ' || e.event_id, format('was applied to %s, which is no invoice here', e.object_id)
from stripe_events e
where e.outcome = 'applied' and e.object_id like 'in\_%' and not exists (select from invoices i where i.stripe_invoice_id = e.object_id)
order by 1
limit :most::int;
