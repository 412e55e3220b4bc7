-- Ends an exception by decision, under the guards of the database. No row when it has ended before.
update exceptions set status = 'waived', ended_at = :ended_at, ended_by = :ended_by, why = :why, next_attempt_at = null
where exception_id = :exception_id and status not in ('resolved', 'waived')
returning class, subject;
