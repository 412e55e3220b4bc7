-- Retires adjustments that stand nowhere yet, because a newer change covers what they corrected.
update adjustments set status = 'superseded' where adjustment_id = any(:adjustment_ids::text[]) and status in ('proposed', 'approved')
returning adjustment_id;
