-- Maps a customer to Stripe, once: a mapping that exists is only confirmed, never replaced. No row means refused.
update customers set stripe_customer_id = :stripe_customer_id
where customer_id = :customer_id and (stripe_customer_id is null or stripe_customer_id = :stripe_customer_id)
returning customer_id;
