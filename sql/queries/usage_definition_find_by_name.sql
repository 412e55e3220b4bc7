-- The definitions that a digest, its beginning, or a name can mean, in some states.
select definition, kind, name, status from usage_definitions
where (definition = :id or definition like 'sha256:' || :prefix || '%' or name = :id) and status = any(:statuses::usage_definition_status[])
order by submitted_at, definition limit 20;
