-- The adjustments whose lines stand on an invoice, whatever became of it, with what of each is given back as credits.
select a.adjustment_id, a.period, a.status, a.currency, a.total, a.document,
  coalesce((select sum(c.amount) from charges c where c.invoice_id = :invoice_id and c.adjustment_id = a.adjustment_id), 0)::bigint - a.total as "credited!"
from adjustments a
where a.adjustment_id in (select c.adjustment_id from charges c where c.invoice_id = :invoice_id and c.purpose = 'adjustment')
order by (select min(c.position) from charges c where c.invoice_id = :invoice_id and c.adjustment_id = a.adjustment_id);
