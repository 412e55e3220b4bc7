-- What some customers were billed in earlier periods, in one currency each row: live monthly invoices that were not held.
select customer_id, currency, period, sum(total)::bigint as "total!"
from invoices
where customer_id = any(:customers::text[]) and series = :series and period < :period and period >= :since
  and status not in ('void', 'superseded', 'held')
group by customer_id, currency, period
order by customer_id, currency, period desc;
