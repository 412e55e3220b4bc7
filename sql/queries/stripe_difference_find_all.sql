-- Keeps what a reconciliation found in one statement: a difference that is live already is only seen again.
insert into stripe_differences (difference_key, period, kind, invoice_id, stripe_invoice_id, place, local_value, stripe_value, status, found_at, seen_at)
select d.difference_key, d.period, d.kind, d.invoice_id, d.stripe_invoice_id, d.place, d.local_value, d.stripe_value, 'open', :seen_at, :seen_at
from jsonb_to_recordset(:differences::jsonb) d (difference_key text, period text, kind text, invoice_id text, stripe_invoice_id text,
  place text, local_value text, stripe_value text)
on conflict (difference_key) where status <> 'resolved' do update set seen_at = greatest(stripe_differences.seen_at, excluded.seen_at)
returning difference_id, period, status, (found_at = :seen_at and status = 'open') as "is_new!";
