-- The next published facts of a topic since an instant, in the order in which they occurred, after the last one of the page before.
select event_id, body, traceparent, occurred_at from outbox
where topic = :topic and occurred_at >= :since::timestamptz and published_at is not null
  and (:after_at?::timestamptz is null or (occurred_at, event_id) > (:after_at?, :after_id?::uuid))
order by occurred_at, event_id limit :batch_size::int;
