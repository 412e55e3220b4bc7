-- The latest closed period that some days reach into: a rerun there needs a second person.
select max(period) as "period?" from billing_runs
where scope = 'month' and daterange(period_from, period_to) && daterange(:from_day::date, :to_day::date)
  and status in ('approved', 'issuing', 'issuing_failed', 'issued', 'closed');
