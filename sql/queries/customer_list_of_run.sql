-- The customers that a run bills: those with a contract that has days in it.
select distinct k.customer_id
from billing_runs r join contracts k on run_bills_contract(r, k)
where r.run_id = :run_id
order by k.customer_id;
