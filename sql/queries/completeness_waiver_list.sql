-- The days that are billed without a figure, by decision of two people.
select w.region, w.source_id, s.metric, w.day, w.author, w.approver as "approver!", w.why, w.waived_at as "waived_at!"
from completeness_waivers w
join usage_sources s on s.source_id = w.source_id and s.region = w.region
  and s.active_from <= w.day and (s.active_to is null or s.active_to > w.day)
where w.day >= :from_day::date and w.day < :to_day::date and w.status = 'approved'
order by w.region, w.source_id, w.day;
