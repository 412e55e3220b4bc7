-- Takes the exceptions whose next attempt is due. One that was being retried longer than the limit was left by a crash and is taken again.
update exceptions set status = 'retrying', next_attempt_at = :give_up_at
where exception_id in (
  select exception_id from exceptions
  where next_attempt_at <= :now and status = 'open'
  order by next_attempt_at, exception_id limit :batch_size::int for update skip locked)
returning exception_id, class, subject, attempts;
