-- The rules of automatic approval that are in force, each with why it does not let a run go on; null when it does.
select c.rule_id, rule_objection(c, r) as "objection?"
from close_rules c cross join billing_runs r
where r.run_id = :run_id and c.kind = 'automatic_approval' and c.status = 'in_force'
order by c.rule_id;
