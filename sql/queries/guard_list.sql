-- What guards the data, read from the catalog: triggers, constraints, unique indexes, functions, row policies, rights and
-- the roles themselves, each with its definition. Months come and go with the calendar and are left out here.
with tables as (
  select c.oid, c.relname, c.relowner, c.relacl, c.relkind, c.relrowsecurity, c.relforcerowsecurity
  from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S') and c.relname !~ '_\d{6}$'
    and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
), functions as (
  select p.oid, p.proname, p.proowner, p.proacl, p.prokind, pg_get_function_identity_arguments(p.oid) as arguments
  from pg_proc p
  where p.pronamespace = 'public'::regnamespace and p.prokind in ('f', 'p')
    and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
), rights as (
  select t.relname::text as thing, a.grantee, a.privilege_type from tables t cross join lateral aclexplode(t.relacl) a where a.grantee <> t.relowner
  union all
  select format('%s.%s', t.relname, c.attname), a.grantee, a.privilege_type
  from tables t join pg_attribute c on c.attrelid = t.oid and not c.attisdropped cross join lateral aclexplode(c.attacl) a where a.grantee <> t.relowner
  union all
  select format('%s(%s)', f.proname, f.arguments), a.grantee, a.privilege_type
  from functions f cross join lateral aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a where a.grantee <> f.proowner
)
select format('trigger %s on %s', g.tgname, t.relname) as "guard!", pg_get_triggerdef(g.oid) as "definition!"
from tables t join pg_trigger g on g.tgrelid = t.oid where not g.tgisinternal and g.tgparentid = 0
union all
select format('constraint %s on %s', k.conname, t.relname), pg_get_constraintdef(k.oid)
from tables t join pg_constraint k on k.conrelid = t.oid where k.contype in ('p', 'u', 'f', 'c', 'x') and k.conparentid = 0
union all
select format('index %s on %s', i.indexrelid::regclass, t.relname), pg_get_indexdef(i.indexrelid)
from tables t join pg_index i on i.indrelid = t.oid where i.indisunique
union all
select format('function %s(%s)', proname, arguments), pg_get_functiondef(oid) from functions
union all
select format('row security on %s', relname), case when relforcerowsecurity then 'forced' else 'enabled' end from tables where relrowsecurity
union all
select format('policy %s on %s', policyname, tablename), concat_ws(' ', permissive, cmd, roles::text, qual, with_check)
from pg_policies where schemaname = 'public'
union all
select format('rights of %s on %s', case r.grantee when 0 then 'public' else pg_get_userbyid(r.grantee) end, r.thing),
  string_agg(lower(r.privilege_type), ', ' order by r.privilege_type)
from rights r group by r.grantee, r.thing
union all
select 'role ' || rolname, concat_ws(' ', case when rolsuper then 'superuser' end, case when rolbypassrls then 'bypasses row security' end,
                                     case when rolcreaterole then 'makes roles' end, 'role')
from pg_roles where rolname like 'daybook\_%'
order by 1;
