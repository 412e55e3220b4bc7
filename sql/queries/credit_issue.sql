-- Keeps Stripe's answer to a credit, once.
update credits set status = 'issued', stripe_id = :stripe_id, answered_at = :answered_at, failure_detail = null
where credit_id = :credit_id and status = 'committed'
returning adjustment_id;
