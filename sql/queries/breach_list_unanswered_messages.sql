-- Promise 11: facts published before an instant that a subscription, which was there by then, has neither applied nor put aside;
-- and messages that were put aside without a reason.
with subscriptions as (
  select subscription, split_part(subscription, '.', 1) || '.' || split_part(subscription, '.', 2) as topic, min(received_at) as since
  from inbox group by subscription
), aside as (
  select subscription, case when pg_input_is_valid(message, 'jsonb') then message::jsonb ->> 'id' end as event_id from dead_letters
)
select format('%s %s', s.subscription, o.event_id) as "place!",
  format('was published at %s and is neither applied nor put aside', to_char(o.published_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')) as "what!"
from outbox o
join subscriptions s on s.topic = o.topic and o.occurred_at >= s.since
where o.published_at < :older_than::timestamptz
  and not exists (select from inbox i where i.subscription = s.subscription and i.event_id = o.event_id)
  and not exists (select from aside a where a.subscription = s.subscription and a.event_id = o.event_id::text)
union all
select format('%s %s', subscription, message_id), 'was put aside without a reason' from dead_letters where trim(reason) = ''
order by 1
limit :most::int;
