-- Runs that still collect after their grace, and about which nobody has been told yet.
select r.run_id, r.period, r.period_from, r.period_to, r.grace_until from billing_runs r
where r.status in ('open', 'collecting') and r.grace_until <= :now
  and not exists (select from exceptions e where e.class = 'period_incomplete' and e.subject = r.run_id)
order by r.run_id;
