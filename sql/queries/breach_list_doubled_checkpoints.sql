-- Promise 3: cells with several current checkpoints.
select format('%s/%s/%s', region, source_id, day) as "place!",
  format('%s checkpoints are current: %s', count(*), string_agg(checkpoint_id::text, ', ' order by checkpoint_id)) as "what!"
from checkpoints where status = 'complete'
group by region, source_id, day having count(*) > 1
order by 1
limit :most::int;
