-- What a run's live invoices add up to, per currency, and how many of them are held.
select currency, count(*)::int as "invoices!", (count(*) filter (where status = 'held'))::int as "held!",
  sum(total)::bigint as "total!", coalesce(sum(total) filter (where status = 'held'), 0)::bigint as "held_total!"
from invoices where run_id = :run_id and status not in ('superseded', 'void')
group by currency order by currency;
