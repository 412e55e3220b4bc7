-- How far each run that is not closed has come: its shards, and of the invoices that were released those that are final in Stripe.
select r.run_id, r.period, r.status,
  (select count(*)::int from run_shards s where s.run_id = r.run_id and s.fencing_token = r.fencing_token) as "shards!",
  (select count(*)::int from run_shards s where s.run_id = r.run_id and s.fencing_token = r.fencing_token and s.status = 'rated') as "rated_shards!",
  (select count(*)::int from invoices i where i.run_id = r.run_id and i.status in ('approved', 'drafted', 'verified', 'finalized', 'paid', 'uncollectible', 'void', 'stripe_failed')) as "released!",
  (select count(*)::int from invoices i where i.run_id = r.run_id and i.status in ('finalized', 'paid', 'uncollectible', 'void')) as "issued!"
from billing_runs r
where r.status <> 'closed'
order by r.period, r.run_id;
