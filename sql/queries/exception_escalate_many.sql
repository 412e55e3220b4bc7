-- Hands exceptions to people: the policy's attempts are used up.
update exceptions set status = 'escalated', next_attempt_at = null
where exception_id = any(:exception_ids::bigint[]) and status in ('open', 'retrying')
returning exception_id;
