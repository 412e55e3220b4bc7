-- Holds some invoices, each for one more reason than it was held for.
update invoices i set status = 'held', hold_reason = concat_ws('; ', i.hold_reason, r.hold_reason)
from unnest(:invoice_ids::text[], :hold_reasons::text[]) r (invoice_id, hold_reason)
where i.invoice_id = r.invoice_id and i.status in ('rated', 'held')
returning i.invoice_id;
