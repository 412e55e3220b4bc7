-- Retires the current checkpoint of a cell in favour of a newer revision; its rows stay readable.
update checkpoints set status = 'superseded' where checkpoint_id = :checkpoint_id and status = 'complete';
