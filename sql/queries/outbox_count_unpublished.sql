-- How many facts wait to be published, and since when.
select count(*) as "waiting!", min(occurred_at) as oldest from outbox where published_at is null;
