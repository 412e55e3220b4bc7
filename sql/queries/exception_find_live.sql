-- The exception that is open for a subject, locked to the end of the transaction.
select exception_id, status, attempts from exceptions
where class = :class and subject = :subject and status not in ('resolved', 'waived')
for update;
