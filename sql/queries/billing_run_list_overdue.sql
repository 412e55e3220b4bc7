-- Runs that collect after their grace, and about which nobody was told, or was told and the usage came: they lack other
-- usage since.
select r.run_id, r.period, r.period_from, r.period_to, r.grace_until from billing_runs r
where r.status in ('open', 'collecting') and r.grace_until <= :now
  and not exists (select from exceptions e where e.class = 'period_incomplete' and e.subject = r.run_id and e.status <> 'resolved')
order by r.run_id;
