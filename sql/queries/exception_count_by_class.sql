-- Live exceptions by class: how many, how many that no policy tries again, and since when the oldest is open.
select class, count(*)::int as "open!", (count(*) filter (where next_attempt_at is null and status <> 'retrying'))::int as "for_person!", min(opened_at) as "oldest!"
from exceptions
where status not in ('resolved', 'waived')
group by class
order by class;
