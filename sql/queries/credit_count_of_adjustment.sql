-- How many credits an adjustment has had, cancelled ones too: the next one's number.
select adjustment_id, count(*)::int as "made!" from credits where adjustment_id = any(:adjustment_ids::text[]) group by adjustment_id;
