-- Opens an exception, or counts a further failure of the one that is open for the same subject.
insert into exceptions (class, subject, status, reason, detail, attempts, next_attempt_at, opened_at)
values (:class, :subject, 'open', :reason, :detail, 1, :next_attempt_at?::timestamptz, :raised_at)
on conflict (class, subject) where status not in ('resolved', 'waived') do update
set status = case when exceptions.status = 'retrying' then 'open'::exception_status else exceptions.status end,
  reason = excluded.reason, detail = excluded.detail, attempts = exceptions.attempts + 1, next_attempt_at = excluded.next_attempt_at
returning exception_id, attempts, status;
