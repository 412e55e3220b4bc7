-- The newest version of a source in a region, locked so that the next version is made by one writer.
select version, metric, configuration_digest, active_from, active_to
from usage_sources where source_id = :source_id and region = :region
order by version desc limit 1 for update;
