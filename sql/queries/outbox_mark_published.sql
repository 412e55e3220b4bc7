-- Marks facts as published, after Pub/Sub has confirmed them. A crash between the two publishes them again, and receivers are safe to repeat.
update outbox set published_at = :published_at
where event_id = any(:event_ids::uuid[]) and published_at is null;
