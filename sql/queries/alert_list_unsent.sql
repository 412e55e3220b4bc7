-- The alerts that Slack has not taken, the latest first.
select alert_key, severity, title, place, why, recover, raised_at, attempts, last_error, next_attempt_at
from alerts where sent_at is null order by raised_at desc, alert_key limit 100;
