-- Promise 2: invoices whose lines do not add up to their subtotal and total, in one currency.
select i.invoice_id as "place!",
  format('its lines add up to %s, its subtotal is %s and its total %s%s', coalesce(sum(c.amount), 0), i.subtotal, i.total,
         case when bool_or(c.currency <> i.currency) then ', and they are in several currencies' else '' end) as "what!"
from invoices i left join charges c on c.invoice_id = i.invoice_id
group by i.invoice_id
having coalesce(sum(c.amount), 0) <> i.subtotal or i.total <> i.subtotal or bool_or(c.currency <> i.currency)
order by i.invoice_id
limit :most::int;
