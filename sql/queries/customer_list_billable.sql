-- The customers that a period bills: those with a contract in force on any of its days.
select distinct customer_id from contracts
where status in ('active', 'ended') and starts_on < :to_day::date and (ends_on is null or (ends_on > :from_day::date and ends_on > starts_on))
order by customer_id;
