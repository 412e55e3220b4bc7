-- The shards of a run's customers in one statement, each to be rated in one transaction; customers come as JSON arrays.
insert into run_shards (run_id, fencing_token, shard, customers, status)
select :run_id, :fencing_token::int, r.shard, array(select json_array_elements_text(r.customers::json)), 'waiting'
from unnest(:shards::int[], :customers::text[]) r (shard, customers)
on conflict do nothing;
