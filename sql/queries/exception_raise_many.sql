-- Opens an exception for each subject of one class, or counts a further failure of the one that is open. Each subject comes once.
insert into exceptions (class, subject, status, reason, detail, attempts, next_attempt_at, opened_at)
select :class, r.subject, 'open', r.reason, r.detail, 1, r.next_attempt_at, :raised_at
from unnest(:subjects::text[], :reasons::text[], :details::text[], :next_attempts_at?::timestamptz[]) r (subject, reason, detail, next_attempt_at)
order by r.subject
on conflict (class, subject) where status not in ('resolved', 'waived') do update
set status = case when exceptions.status = 'retrying' then 'open'::exception_status else exceptions.status end,
  reason = excluded.reason, detail = excluded.detail, attempts = exceptions.attempts + 1, next_attempt_at = excluded.next_attempt_at
returning exception_id, subject;
