-- Puts an approved version in force from a day on. No row means that it is not approved.
update plan_versions set status = 'active', active_from = :active_from
where plan_version = :plan_version and status = 'approved' returning plan_version;
