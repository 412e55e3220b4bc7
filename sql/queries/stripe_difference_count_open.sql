-- How many differences of each period are open.
select period, count(*)::int as "open!" from stripe_differences where status = 'open' group by period order by period desc;
