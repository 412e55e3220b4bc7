-- Every waiver of a range of days, whatever became of it.
select region, source_id, day, status, author, approver, why, proposed_at, waived_at
from completeness_waivers where day >= :from_day::date and day < :to_day::date
order by day, region, source_id;
