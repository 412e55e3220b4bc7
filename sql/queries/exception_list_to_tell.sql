-- The live exceptions that people are told of by themselves: those of some classes, and of the classes that are tried again
-- what their policy has given up.
select class, subject, status, reason, detail, opened_at from exceptions
where status not in ('resolved', 'waived')
  and (class = any(:classes::text[]) or (status = 'escalated' and class = any(:retried_classes::text[])))
order by opened_at, exception_id;
