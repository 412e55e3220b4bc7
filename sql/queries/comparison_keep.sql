-- Keeps what the periods of compared customers come to, in place of what they came to before; from a JSON array whose amounts are text.
insert into comparisons (run_id, customer_id, rerating, currency, corrected, shadow, compared_at)
select :run_id, c.customer_id, :rerating::int, c.currency, c.corrected, c.shadow, :compared_at::timestamptz
from jsonb_to_recordset(:comparisons::jsonb) c (customer_id text, currency text, corrected bigint, shadow jsonb)
on conflict (run_id, customer_id) do update
  set rerating = excluded.rerating, currency = excluded.currency, corrected = excluded.corrected, shadow = excluded.shadow, compared_at = excluded.compared_at;
