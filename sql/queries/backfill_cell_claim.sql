-- Takes the next cell of a running backfill under a new token: one that waits, or one whose lease has run out. What was
-- current at the first claim is kept, so that a worker that comes after a crash still knows what the backfill changed. A day that
-- was closed since the backfill began needs the approval that the backfill has not.
update backfill_cells c set status = 'running', fencing_token = c.fencing_token + 1, lease_until = :lease_until,
  revision_before = case when c.fencing_token > 0 then c.revision_before else
    (select k.revision from checkpoints k where k.day = c.day and k.region = c.region and k.source_id = c.source_id and k.status = 'complete') end
from (
  select n.region, n.source_id, n.day, b.approver from backfill_cells n join backfills b using (backfill_id)
  where n.backfill_id = :backfill_id and b.status = 'running' and (n.status = 'waiting' or (n.status = 'running' and n.lease_until <= :now))
  order by n.day, n.region, n.source_id limit 1 for update of n skip locked) next
where c.backfill_id = :backfill_id and c.region = next.region and c.source_id = next.source_id and c.day = next.day
returning c.region, c.source_id, c.day, c.fencing_token, (next.approver is null and is_closed_day(c.day)) as "needs_approval!";
