-- The runs that bill a customer a day, locked to the end of the transaction in the order of their ids.
select r.run_id, r.status, r.period_from, r.period_to, r.fencing_token
from billing_runs r
where r.period_from <= :day::date and r.period_to > :day::date
  and (r.contract_id is null or :customer_id = (select k.customer_id from contracts k where k.contract_id = r.contract_id))
order by r.run_id
for no key update of r;
