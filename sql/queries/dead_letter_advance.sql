-- Moves a waiting message to what was decided.
update dead_letters set status = :to_status::dead_letter_status where dead_letter_id = :dead_letter_id and status = 'waiting'
returning dead_letter_id;
