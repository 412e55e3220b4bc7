-- Lets a proposed backfill run, by somebody else than its author: a trigger sees to that. No row means that none is proposed.
update backfills set status = 'running', approver = :approver where backfill_id = :backfill_id and status = 'proposed'
returning backfill_id;
