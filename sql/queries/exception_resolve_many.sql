-- Ends the live exceptions of some subjects because what they were about has happened.
update exceptions set status = 'resolved', ended_at = :ended_at, ended_by = :ended_by, why = :why, next_attempt_at = null
where class = any(:classes::text[]) and subject = any(:subjects::text[]) and status not in ('resolved', 'waived')
returning exception_id;
