-- One checkpoint with the version of its source.
select c.checkpoint_id, c.region, c.source_id, c.source_version, c.metric, c.day, c.status, c.revision, c.row_count, c.total, c.digest, c.evidence,
  c.failure_reason, c.failure_detail, c.started_at, c.finished_at, s.configuration, s.configuration_digest, m.title as metric_title
from checkpoints c
join usage_sources s on s.source_id = c.source_id and s.region = c.region and s.version = c.source_version
join metrics m on m.metric = c.metric
where c.checkpoint_id = :checkpoint_id;
