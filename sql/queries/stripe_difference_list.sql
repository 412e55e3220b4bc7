-- The differences of a period or of all, the open ones first; those that are resolved only when asked for.
select difference_id, period, kind, invoice_id, stripe_invoice_id, place, local_value, stripe_value, status, found_at, seen_at, ended_at, accepted_by, why
from stripe_differences
where (:period?::text is null or period = :period?) and (:with_resolved::boolean or status <> 'resolved')
order by status, period desc, invoice_id nulls last, difference_id;
