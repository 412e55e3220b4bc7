-- How many invoices an obligation has had, and how many of them were voided.
select count(*)::int as "made!", (count(*) filter (where status = 'void'))::int as "voided!"
from invoices where customer_id = :customer_id and period = :period and series = :series;
