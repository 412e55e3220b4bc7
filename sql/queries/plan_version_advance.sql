-- Moves a version from one state to the next. No row means that it was not in that state.
update plan_versions set status = :to_status where plan_version = :plan_version and status = :from_status returning plan_version;
