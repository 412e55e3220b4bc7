-- Keeps why usage plans beside fixed tiers could not be rated, from a JSON array; the tiers are billed all the same.
-- A customer that is billed anew has its first reason already.
insert into shadow_refusals (run_id, fencing_token, customer_id, contract_id, reason, detail)
select :run_id, :fencing_token::int, r.customer_id, r.contract_id, r.reason, r.detail
from jsonb_to_recordset(:refusals::jsonb) r (customer_id text, contract_id text, reason text, detail text)
on conflict (run_id, fencing_token, contract_id) do nothing;
