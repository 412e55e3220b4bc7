-- Keeps facts for publishing, in the transaction that makes them true (promise 10).
insert into outbox (event_id, topic, body, occurred_at)
select * from unnest(:event_ids::uuid[], :topics::text[], :bodies::text[], :occurred_at::timestamptz[]);
