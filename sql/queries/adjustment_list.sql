-- Adjustments with what a person looks at, the latest period first; superseded ones only when asked for by their status.
select a.adjustment_id, a.customer_id, c.name as customer_name, a.period, a.currency, a.billed, a.corrected, a.total, a.status, a.author, a.approver,
  a.invoice_id, a.proposed_at
from adjustments a join customers c using (customer_id)
where (:period?::text is null or a.period = :period?)
  and (:customer_id?::text is null or a.customer_id = :customer_id?)
  and case when :status?::adjustment_status is null then a.status <> 'superseded' else a.status = :status? end
order by a.period desc, a.customer_id, length(a.adjustment_id), a.adjustment_id;
