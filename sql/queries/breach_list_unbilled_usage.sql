-- Promise 5: usage in a monthly run that is on no invoice of it, that no exception names, and that no off-cycle run bills.
select format('%s#%s', r.run_id, r.fencing_token) as "place!",
  format('%s rows of %s are on no invoice, and no exception says so', count(*), coalesce(u.customer_id, 'nobody')) as "what!"
from billing_runs r
join run_checkpoints p on p.run_id = r.run_id and p.fencing_token = r.fencing_token
join usage_daily u on u.checkpoint_id = p.checkpoint_id
where r.scope = 'month' and r.status not in ('open', 'collecting', 'complete', 'rating_failed')
  and not exists (select from invoices i where i.run_id = r.run_id and i.fencing_token = r.fencing_token and i.customer_id = u.customer_id)
  and not exists (select from run_off_cycle_days o where o.run_id = r.run_id and o.fencing_token = r.fencing_token
                    and o.customer_id = u.customer_id and u.day >= o.from_day and u.day < o.to_day)
  and not exists (select from exceptions e where e.class = 'unbilled_usage' and e.subject = r.run_id)
group by r.run_id, r.fencing_token, u.customer_id
order by 1, u.customer_id
limit :most::int;
