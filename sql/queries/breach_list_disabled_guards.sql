-- Promise 8: triggers of our tables that are switched off, and unique indexes and constraints that do not hold.
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
select format('index %s', name), 'is gone' from unnest(:unique_indexes::text[]) name
where not exists (select from pg_index where indexrelid = to_regclass(name) and indisunique)
order by 1
limit :most::int;
