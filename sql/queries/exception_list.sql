-- What needs a retry or a decision, the oldest first; with those that have ended when asked for.
select exception_id, class, subject, status, reason, detail, attempts, next_attempt_at, opened_at, ended_at, ended_by, why
from exceptions
where :with_ended::boolean or status not in ('resolved', 'waived')
order by opened_at, exception_id;
