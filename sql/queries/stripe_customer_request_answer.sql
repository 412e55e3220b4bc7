-- Keeps Stripe's answer to the request for a customer, once.
update stripe_customer_requests set status = 'answered', response = :response, answered_at = :answered_at
where customer_id = :customer_id and status = 'committed'
returning customer_id;
