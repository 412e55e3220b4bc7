-- The runs that rest on a checkpoint under their current token.
select r.run_id, r.period, r.status
from run_checkpoints p join billing_runs r on r.run_id = p.run_id and r.fencing_token = p.fencing_token
where p.checkpoint_id = :checkpoint_id order by r.run_id;
