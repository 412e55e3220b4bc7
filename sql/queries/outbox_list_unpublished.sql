-- The oldest facts that nobody has published yet. Locked rows belong to another publisher and are left to it.
select event_id, topic, body, traceparent
from outbox
where published_at is null
order by occurred_at, event_id
limit :batch_size::int
for update skip locked;
