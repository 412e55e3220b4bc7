-- The customer's usage rows in the checkpoints that the invoice's run rests on, each with its checkpoint.
select u.checkpoint_id, u.project_id, u.region, u.metric, u.day, u.quantity
from invoices i
join run_checkpoints p on p.run_id = i.run_id and p.fencing_token = i.fencing_token
join usage_daily u on u.checkpoint_id = p.checkpoint_id and u.customer_id = i.customer_id and u.day >= :from_day::date and u.day < :to_day::date
where i.invoice_id = :invoice_id
order by u.metric, u.project_id, u.region, u.day;
