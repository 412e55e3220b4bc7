-- Every rule of the close, those in force first.
select rule_id, kind, currency, terms, status, author, approver, second_approver, proposed_at
from close_rules order by status = 'in_force' desc, kind, currency, proposed_at desc, rule_id;
