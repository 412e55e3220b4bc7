-- Ends a version of a source on the day its successor takes over.
update usage_sources set active_to = :active_to
where source_id = :source_id and region = :region and version = :version and active_to is null;
