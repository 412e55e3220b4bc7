-- The reratings of a run, the latest first, with how far each has come.
select g.rerating, g.inputs_digest, g.author, g.cause, g.opened_at,
  (select count(*)::int from rerating_shards s where s.run_id = g.run_id and s.rerating = g.rerating) as "shards!",
  (select count(*)::int from rerating_shards s where s.run_id = g.run_id and s.rerating = g.rerating and s.status = 'compared') as "compared!"
from reratings g where g.run_id = :run_id order by g.rerating desc;
