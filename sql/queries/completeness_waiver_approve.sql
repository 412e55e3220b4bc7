-- Approves a proposed waiver, by somebody else than its author: a trigger sees to that. No row means that none is proposed.
update completeness_waivers set status = 'approved', approver = :approver, waived_at = :waived_at
where region = :region and source_id = :source_id and day = :day::date and status = 'proposed'
returning author, why;
