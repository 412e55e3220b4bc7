-- The days of a source that have a current checkpoint.
select day, checkpoint_id from checkpoints
where region = :region and source_id = :source_id and metric = :metric and status = 'complete'
  and day >= :from_day::date and day < :to_day::date
order by day;
