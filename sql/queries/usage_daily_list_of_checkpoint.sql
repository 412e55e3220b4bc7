-- The rows of a checkpoint, the largest first, and how many there are in all.
select u.project_id, u.customer_id, u.quantity, count(*) over ()::int as "all_rows!"
from usage_daily u
where u.checkpoint_id = :checkpoint_id and u.day = :day::date
order by u.quantity desc, u.project_id
limit :row_limit::int;
