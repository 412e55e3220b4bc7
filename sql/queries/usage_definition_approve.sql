-- Approves a definition under review, which puts it in force; no row when it is not under review.
update usage_definitions set status = 'approved', approver = :approver, approved_at = :approved_at, why = :why
where definition = :definition and status = 'in_review'
returning definition;
