-- Promise 4: obligations with several live invoices, and invoices in Stripe that several of ours stand for.
select format('%s/%s/%s', period, customer_id, series) as "place!",
  format('%s live invoices: %s', count(*), string_agg(invoice_id, ', ' order by invoice_id)) as "what!"
from invoices where status not in ('void', 'superseded')
group by customer_id, period, series having count(*) > 1
union all
select stripe_invoice_id, format('is the copy of %s invoices: %s', count(*), string_agg(invoice_id, ', ' order by invoice_id))
from invoices where stripe_invoice_id is not null
group by stripe_invoice_id having count(*) > 1
order by 1
limit :most::int;
