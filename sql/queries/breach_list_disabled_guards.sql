-- Promise 8: triggers of our tables that are switched off, unique indexes and constraints that do not hold, and sealed months
-- without what seals them.
select format('trigger %s on %s', t.tgname, c.relname) as "place!", 'is switched off' as "what!"
from pg_trigger t join pg_class c on c.oid = t.tgrelid
where c.relnamespace = 'public'::regnamespace and t.tgenabled in ('D', 'R')
union all
select format('index %s on %s', i.indexrelid::regclass, i.indrelid::regclass), 'is not valid'
from pg_index i join pg_class c on c.oid = i.indrelid
where c.relnamespace = 'public'::regnamespace and i.indisunique and not (i.indisvalid and i.indisready)
union all
select format('constraint %s on %s', k.conname, k.conrelid::regclass), 'was not checked against the rows that there are'
from pg_constraint k
where k.connamespace = 'public'::regnamespace and not k.convalidated
union all
select format('trigger %s on %s', name, usage_partition_name(p.month)), 'is gone, and the month is sealed'
from usage_partitions p cross join unnest(array['month_is_sealed', 'month_is_never_truncated']) name
where p.status = 'sealed' and not exists (select from pg_trigger t where t.tgrelid = to_regclass(usage_partition_name(p.month)) and t.tgname = name)
order by 1
limit :most::int;
