-- The exceptions of one class that are open for some subjects, locked to the end of the transaction.
select exception_id, subject, status, attempts from exceptions
where class = :class and subject = any(:subjects::text[]) and status not in ('resolved', 'waived')
order by subject
for update;
