-- Invoices of the runs that are not closed, by state. Superseded ones belong to inputs that have changed since.
select i.period, i.status, count(*)::int as "invoices!"
from billing_runs r join invoices i using (run_id)
where r.status <> 'closed' and i.status <> 'superseded'
group by i.period, i.status
order by i.period, i.status;
