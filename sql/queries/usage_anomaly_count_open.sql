-- How many figures of a range of days wait for a person's look, and how many customers they touch.
select count(*)::int as "anomalies!", count(distinct customer_id)::int as "customers!"
from usage_anomalies where status = 'open' and day >= :from_day::date and day < :to_day::date;
