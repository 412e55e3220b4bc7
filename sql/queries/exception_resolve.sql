-- Ends the live exception of a subject because what it was about has happened.
update exceptions set status = 'resolved', ended_at = :ended_at, ended_by = :ended_by, why = :why, next_attempt_at = null
where class = :class and subject = :subject and status not in ('resolved', 'waived')
returning exception_id;
