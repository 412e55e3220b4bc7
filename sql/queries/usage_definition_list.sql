-- Every definition, and every metric and source version that is in force without one, by kind, name and time.
select d.definition as "definition?", d.kind as "kind!", d.name as "name!", d.status as "status!", d.author as "author?", d.approver as "approver?",
  s.version as "version?", s.active_from as "active_from?", s.active_to as "active_to?"
from usage_definitions d left join usage_sources s using (definition)
union all
select null, 'source', s.source_id || '/' || s.region, case when s.active_to is null then 'approved' else 'retired' end::usage_definition_status,
  null, null, s.version, s.active_from, s.active_to
from usage_sources s where s.definition is null
union all
select null, 'metric', m.metric, 'approved', null, null, null, null, null
from metrics m where not exists (select from usage_definitions d where d.kind = 'metric' and d.name = m.metric and d.status = 'approved')
order by 2, 3, 7 nulls last, 1;
