-- The shards of a rerating, each to be compared in one transaction, from a JSON array of arrays of customers.
insert into rerating_shards (run_id, rerating, shard, customers, status)
select :run_id, :rerating, (s.place - 1)::int, array(select jsonb_array_elements_text(s.members)), 'waiting'
from jsonb_array_elements(:shards::jsonb) with ordinality s (members, place);
