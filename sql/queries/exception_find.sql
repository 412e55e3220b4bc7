-- One exception, whatever its state.
select exception_id, class, subject, status, reason, detail, attempts, next_attempt_at, opened_at, opened_by, ended_at, ended_by, why
from exceptions where exception_id = :exception_id;
