-- One hold, whatever its state.
select hold_id, month, status, why, author, placed_at, approver, released_at, released_because from retention_holds where hold_id = :hold_id;
