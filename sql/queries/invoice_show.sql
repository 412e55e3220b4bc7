-- One invoice, whatever its state, with the customer's name, the voided one before it and the one that came after its own void.
select i.invoice_id, i.run_id, i.fencing_token, i.rating_number, i.customer_id, c.name as customer_name, i.period, i.series, i.status, i.currency, i.subtotal, i.total,
  i.document, i.document_digest, i.hold_reason, i.stripe_invoice_id, i.stripe_number, i.failure_detail, i.rated_at,
  (select o.invoice_id from invoices o where (o.customer_id, o.period, o.series) = (i.customer_id, i.period, i.series)
     and o.generation < i.generation and o.status = 'void' order by o.generation desc limit 1) as "in_place_of?",
  (select o.invoice_id from invoices o where (o.customer_id, o.period, o.series) = (i.customer_id, i.period, i.series)
     and o.generation > i.generation and o.status <> 'superseded' order by o.generation limit 1) as "reissued_as?"
from invoices i join customers c using (customer_id)
where i.invoice_id = :invoice_id;
