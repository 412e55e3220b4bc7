-- Promise 10: facts that nobody has published since before an instant.
select format('%s %s', topic, event_id) as "place!", format('became true at %s and is not published', to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')) as "what!"
from outbox where published_at is null and occurred_at < :older_than::timestamptz
order by occurred_at, event_id
limit :most::int;
