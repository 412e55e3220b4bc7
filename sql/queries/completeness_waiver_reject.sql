-- Rejects a proposed waiver, or takes it back. No row means that none is proposed.
update completeness_waivers set status = 'rejected'
where region = :region and source_id = :source_id and day = :day::date and status = 'proposed'
returning author, why;
