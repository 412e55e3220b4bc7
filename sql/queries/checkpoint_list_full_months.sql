-- The latest months whose last day has a current checkpoint, newest first.
select distinct to_char(day, 'YYYY-MM') as "period!" from checkpoints
where status = 'complete' and day = (date_trunc('month', day) + interval '1 month' - interval '1 day')::date
order by 1 desc limit :most::int;
