-- Which of some customers are unknown to Stripe.
select customer_id from customers where customer_id = any(:customers::text[]) and stripe_customer_id is null order by customer_id;
