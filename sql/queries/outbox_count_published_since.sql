-- How many facts of a topic have occurred since an instant and were published.
select count(*)::int as "events!" from outbox where topic = :topic and occurred_at >= :since::timestamptz and published_at is not null;
