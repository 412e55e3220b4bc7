-- The off-cycle runs of a period with the days and the customer that each bills, in the order in which they are locked.
select r.run_id, r.status, r.period_from, r.period_to, k.contract_id, k.customer_id
from billing_runs r join contracts k on k.contract_id = r.contract_id
where r.period = :period
order by r.run_id;
