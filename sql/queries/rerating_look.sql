-- What an approved run was billed or last rated anew on, and the digest over what its period rests on now.
select r.period, r.period_from, r.period_to, coalesce(l.rerating, 0) as "rerating!", coalesce(l.inputs_digest, r.inputs_digest) as "known_digest?",
  period_inputs_digest(r.run_id) as "inputs_digest!"
from billing_runs r
left join lateral (select rerating, inputs_digest from reratings g where g.run_id = r.run_id order by g.rerating desc limit 1) l on true
where r.run_id = :run_id;
