-- Any fact that waits to be published, or no row.
select event_id from outbox where published_at is null limit 1;
