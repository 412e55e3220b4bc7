-- The runs before their sign-off that bill a day of some open anomalies, locked to the end of the transaction in the order
-- of their ids. Also those that still collect: one that is pinned and rated meanwhile would not see the anomalies.
select r.run_id, r.period, r.status, r.period_from, r.period_to, r.fencing_token
from billing_runs r
where r.status in ('open', 'collecting', 'complete', 'rating_failed', 'rated', 'in_review')
  and exists (select from usage_anomalies a
    where a.anomaly_id = any(:anomaly_ids::bigint[]) and a.status = 'open' and a.day >= r.period_from and a.day < r.period_to
      and (r.contract_id is null or a.customer_id = (select k.customer_id from contracts k where k.contract_id = r.contract_id)))
order by r.run_id
for no key update of r;
