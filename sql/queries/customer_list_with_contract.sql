-- Every customer with its projects on a day and the contract that is in force on it.
select c.customer_id, c.name, c.stripe_customer_id,
  (select count(*)::int from project_ownerships o
   where o.customer_id = c.customer_id and o.owned_from <= :day::date and (o.owned_to is null or o.owned_to > :day::date)) as "projects!",
  k.contract_id as "contract_id?", k.mode as "mode?"
from customers c
left join contracts k on k.customer_id = c.customer_id and k.status in ('active', 'ended')
  and k.starts_on <= :day::date and (k.ends_on is null or k.ends_on > :day::date)
order by c.customer_id;
