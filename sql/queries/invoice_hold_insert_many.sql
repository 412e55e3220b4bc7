-- Keeps the reasons to hold some invoices, numbered after those that each has.
insert into invoice_holds (invoice_id, hold, reason, detail, releasable, placed_by, placed_at)
select r.invoice_id, (select count(*) from invoice_holds h where h.invoice_id = r.invoice_id) + row_number() over (partition by r.invoice_id order by r.place),
  r.reason, r.detail, r.releasable, :placed_by, :placed_at
from unnest(:invoice_ids::text[], :reasons::text[], :details::text[], :releasable::boolean[]) with ordinality r (invoice_id, reason, detail, releasable, place);
