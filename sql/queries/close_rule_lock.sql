-- A rule, locked to the end of the transaction.
select rule_id, kind, currency, status, approver from close_rules where rule_id = :rule_id for update;
