-- The plan versions that a run billed or rated beside the bill under a token, with how many customers and how much they brought.
select c.plan_version, v.plan, p.title, c.purpose, c.currency, count(distinct c.customer_id)::int as "customers!", sum(c.amount)::bigint as "total!"
from charges c join plan_versions v using (plan_version) join plans p on p.plan = v.plan
where c.run_id = :run_id and c.fencing_token = :fencing_token
  and exists (select from invoices i where (i.run_id, i.fencing_token, i.customer_id, i.rating_number) = (c.run_id, c.fencing_token, c.customer_id, c.rating_number)
                and i.status not in ('superseded', 'void'))
group by c.plan_version, v.plan, p.title, c.purpose, c.currency
order by v.plan, c.plan_version, c.purpose, c.currency;
