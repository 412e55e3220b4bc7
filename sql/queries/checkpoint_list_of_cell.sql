-- Every attempt at a cell, the newest first.
select checkpoint_id, source_version, metric, status, revision, row_count, total, digest, failure_reason, failure_detail, started_at, finished_at
from checkpoints where region = :region and source_id = :source_id and day = :day::date
order by checkpoint_id desc;
