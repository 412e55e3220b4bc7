-- The invoices that match every filter given, superseded ones only when asked for by their status.
select i.invoice_id, i.customer_id, c.name as customer_name, i.period, i.series, i.status, i.currency, i.subtotal, i.total,
  i.hold_reason, i.stripe_invoice_id, i.stripe_number, i.failure_detail
from invoices i join customers c using (customer_id)
where (:period?::text is null or i.period = :period?)
  and (:customer_id?::text is null or i.customer_id = :customer_id?)
  and case when :status?::invoice_status is null then i.status <> 'superseded' else i.status = :status? end
order by i.period desc, i.customer_id, i.invoice_id;
