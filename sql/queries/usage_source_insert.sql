-- Adds a version of a source.
insert into usage_sources (source_id, version, metric, region, configuration, configuration_digest, active_from)
values (:source_id, :version, :metric, :region, :configuration, :configuration_digest, :active_from);
