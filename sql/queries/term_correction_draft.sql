-- Drafts what a contract should have said in a closed period, with what the check found. Takes the checker's role.
insert into term_corrections (contract_id, period, number, legacy_plan_version, usage_plan_version, overrides, status, author, why, diagnostics, drafted_at)
values (:contract_id, :period, :number, :legacy_plan_version?, :usage_plan_version?, :overrides, 'draft', :author, :why, :diagnostics, :drafted_at);
