-- Takes a definition one step on; no row when it is not in the state that the step begins in.
update usage_definitions set status = :to_status
where definition = :definition and status = :from_status
returning definition;
