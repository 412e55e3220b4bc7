-- The customer that is mapped to a customer in Stripe.
select customer_id from customers where stripe_customer_id = :stripe_customer_id;
