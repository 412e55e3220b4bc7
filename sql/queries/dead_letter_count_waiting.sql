-- How many messages were put aside and wait for a decision, by subscription.
select subscription, count(*)::int as "waiting!", min(received_at) as "oldest!"
from dead_letters
where status = 'waiting'
group by subscription
order by subscription;
