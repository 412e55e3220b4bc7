-- One definition, with the version of the source that it put in force.
select d.definition, d.kind, d.name, d.document, d.configuration, d.status, d.author, d.submitted_at, d.approver, d.approved_at, d.why,
  s.version as "version?", s.active_from as "active_from?", s.active_to as "active_to?"
from usage_definitions d left join usage_sources s using (definition)
where d.definition = :definition;
