-- The current checkpoint of a cell, if it has one, and the last revision that was ever given.
select
  (select max(revision) from checkpoints l where l.day = :day::date and l.region = :region and l.source_id = :source_id) as last_revision,
  c.checkpoint_id as "checkpoint_id?", c.revision as "revision?", c.digest as "digest?"
from (select 1) one
left join checkpoints c on c.day = :day::date and c.region = :region and c.source_id = :source_id and c.status = 'complete';
