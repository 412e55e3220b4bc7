-- How many invoices some customers' obligations have had, how many of them were voided, and how often the customers were
-- rated in a run under its token; no row for a first one.
select customer_id, count(*)::int as "made!", (count(*) filter (where status = 'void'))::int as "voided!",
  coalesce(max(rating_number) filter (where run_id = :run_id and fencing_token = :fencing_token::int), 0)::int as "ratings!"
from invoices where customer_id = any(:customers::text[]) and period = :period and series = :series
group by customer_id;
