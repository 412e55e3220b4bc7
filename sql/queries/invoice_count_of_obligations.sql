-- How many invoices some customers' obligations have had, and how many of them were voided; no row for a first one.
select customer_id, count(*)::int as "made!", (count(*) filter (where status = 'void'))::int as "voided!"
from invoices where customer_id = any(:customers::text[]) and period = :period and series = :series
group by customer_id;
