-- One adjustment with the customer's name.
select a.adjustment_id, a.customer_id, c.name as customer_name, a.period, a.run_id, a.rerating, a.inputs_digest, a.currency, a.billed, a.corrected, a.total,
  a.document, a.document_digest, a.status, a.author, a.approver, a.decided_at, a.invoice_id, a.proposed_at, g.cause, g.opened_at as rerated_at
from adjustments a join customers c using (customer_id) join reratings g using (run_id, rerating)
where a.adjustment_id = :adjustment_id;
