-- Hands an exception to people: the policy's attempts are used up.
update exceptions set status = 'escalated', next_attempt_at = null
where exception_id = :exception_id and status in ('open', 'retrying')
returning exception_id;
