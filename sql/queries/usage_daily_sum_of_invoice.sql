-- The customer's usage by metric and day in the checkpoints that the invoice's run rests on, in the source's unit.
select u.metric, u.day, sum(u.quantity) as "quantity!"
from invoices i
join run_checkpoints p on p.run_id = i.run_id and p.fencing_token = i.fencing_token
join checkpoints c on c.checkpoint_id = p.checkpoint_id
join usage_daily u on u.checkpoint_id = c.checkpoint_id and u.day = c.day and u.customer_id = i.customer_id
where i.invoice_id = :invoice_id
group by u.metric, u.day
order by u.metric, u.day;
