-- One customer.
select customer_id, name, stripe_customer_id from customers where customer_id = :customer_id;
