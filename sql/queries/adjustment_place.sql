-- Puts approved adjustments on invoices (or, without one, as credits alone), in one statement for two lists of equal length.
update adjustments a set status = 'placed', invoice_id = p.invoice_id
from (select unnest(:adjustment_ids::text[]) as adjustment_id, nullif(unnest(:invoice_ids::text[]), '') as invoice_id) p
where a.adjustment_id = p.adjustment_id and a.status = 'approved'
returning a.adjustment_id;
