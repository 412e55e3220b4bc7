-- Promise 9: periods with several active runs, and live invoices and pins that do not carry the token of their run.
select scope || ' ' || period as "place!", format('%s active runs: %s', count(*), string_agg(run_id, ', ' order by run_id)) as "what!"
from billing_runs where status <> 'closed' group by scope, period having count(*) > 1
union all
select i.invoice_id, format('is %s under token %s, and run %s has token %s', i.status, i.fencing_token, r.run_id, r.fencing_token)
from invoices i join billing_runs r using (run_id)
where i.status not in ('superseded', 'void') and i.fencing_token <> r.fencing_token
union all
select distinct format('%s#%s', p.run_id, p.fencing_token), format('is pinned, and the run has only come to token %s', r.fencing_token)
from run_checkpoints p join billing_runs r using (run_id) where p.fencing_token > r.fencing_token
order by 1
limit :most::int;
