-- The rules of one kind that are in force, by currency.
select rule_id, currency, terms from close_rules where kind = :kind::close_rule_kind and status = 'in_force' order by currency;
