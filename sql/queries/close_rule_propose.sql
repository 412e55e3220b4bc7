-- Proposes a rule; nothing when the id is taken.
insert into close_rules (rule_id, kind, currency, terms, status, author, proposed_at)
values (:rule_id, :kind::close_rule_kind, :currency, :terms, 'proposed', :author, :proposed_at)
on conflict (rule_id) do nothing
returning rule_id;
