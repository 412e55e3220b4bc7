-- Takes one exception for a retry that a person asked for, whenever its policy would have tried it. No row when it has ended or is being retried.
update exceptions set status = 'retrying', next_attempt_at = :give_up_at
where exception_id = :exception_id and status in ('open', 'escalated')
returning exception_id, class, subject, attempts;
