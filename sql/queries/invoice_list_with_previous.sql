-- The live invoices of a run, each beside the live one of the same customer, series and currency in another period.
select i.invoice_id, i.customer_id, c.name as customer_name, i.series, i.status, i.currency, i.total, i.hold_reason,
  i.failure_detail, i.stripe_number, c.stripe_customer_id, p.invoice_id as "previous_invoice_id?", p.total as "previous_total?",
  exists (select from invoice_holds h where h.invoice_id = i.invoice_id and not h.releasable) as "unratable!"
from invoices i
join customers c using (customer_id)
left join invoices p on p.customer_id = i.customer_id and p.series = i.series and p.currency = i.currency
  and p.period = :previous_period and p.status not in ('void', 'superseded')
where i.run_id = :run_id and i.status <> 'superseded'
order by i.customer_id, i.series, i.invoice_id;
