-- Writes what a running attempt has staged as the rows of its checkpoint.
insert into usage_daily (day, checkpoint_id, region, metric, project_id, customer_id, quantity)
select c.day, c.checkpoint_id, c.region, c.metric, s.project_id, s.customer_id, s.quantity
from checkpoints c join usage_staged s using (checkpoint_id)
where c.checkpoint_id = :checkpoint_id and c.status = 'running';
