-- Ends a hold; by somebody else than who placed it, as the database demands. No row when it is not in force.
update retention_holds set status = 'released', approver = :approver, released_at = :released_at, released_because = :released_because
where hold_id = :hold_id and status = 'in_force'
returning month, author;
