-- The live exceptions that people are told of by themselves: those of some classes, and of any class what its policy has
-- given up.
select exception_id, class, subject, status, reason, detail, opened_at from exceptions
where status = 'escalated' or (status in ('open', 'retrying') and class = any(:classes::text[]))
order by opened_at, exception_id;
