-- Keeps a webhook event in the transaction of its effect (promise 17).
insert into stripe_events (event_id, type, object_id, created_at, body_digest, outcome, reason, applied_at)
values (:event_id, :type, :object_id?, :created_at, :body_digest, :outcome, :reason?, :applied_at);
