-- The customers with a contract in force on a day and no customer in Stripe: their invoices will be held.
select distinct c.customer_id
from customers c join contracts k on k.customer_id = c.customer_id
where c.stripe_customer_id is null and k.status = 'active' and k.starts_on <= :day::date and (k.ends_on is null or k.ends_on > :day::date)
order by c.customer_id;
