-- Adds a customer; nothing when the id exists.
insert into customers (customer_id, name, stripe_customer_id)
values (:customer_id, :name, :stripe_customer_id?)
on conflict (customer_id) do nothing
returning customer_id;
