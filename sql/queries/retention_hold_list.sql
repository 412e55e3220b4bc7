-- All holds, those in force first, the latest month first.
select hold_id, month, status, why, author, placed_at, approver, released_at, released_because
from retention_holds order by status, month desc, hold_id;
