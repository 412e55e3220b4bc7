-- Keeps Stripe's answer to a request, once.
update stripe_requests set status = 'answered', response = :response, answered_at = :answered_at
where invoice_id = :invoice_id and step = :step and status = 'committed'
returning step;
