-- A webhook event that was received before.
select event_id, body_digest, outcome, reason from stripe_events where event_id = :event_id;
