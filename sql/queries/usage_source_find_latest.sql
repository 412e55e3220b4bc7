-- The newest version of a source in a region.
select version, metric, configuration_digest, active_from, active_to, definition
from usage_sources where source_id = :source_id and region = :region
order by version desc limit 1;
