-- Keeps facts for publishing, in the transaction that makes them true (promise 10), each beside the trace that it happened in.
insert into outbox (event_id, topic, body, occurred_at, traceparent)
select g.event_id, g.topic, g.body, g.occurred_at, nullif(g.traceparent, '')
from unnest(:event_ids::uuid[], :topics::text[], :bodies::text[], :occurred_at::timestamptz[], :traceparents::text[])
  as g (event_id, topic, body, occurred_at, traceparent);
