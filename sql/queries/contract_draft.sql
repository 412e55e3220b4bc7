-- Records a contract as a draft with what the check found; a draft of the same id is drafted anew. No row means that the
-- contract is past its draft. Takes the checker's role.
insert into contracts (contract_id, customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on, ends_on, status, author, diagnostics)
values (:contract_id, :customer_id, :mode, :legacy_plan_version?, :usage_plan_version?, :overrides, :starts_on, :ends_on?, 'draft', :author, :diagnostics)
on conflict (contract_id) do update set
  customer_id = excluded.customer_id, mode = excluded.mode, legacy_plan_version = excluded.legacy_plan_version,
  usage_plan_version = excluded.usage_plan_version, overrides = excluded.overrides, starts_on = excluded.starts_on,
  ends_on = excluded.ends_on, author = excluded.author, diagnostics = excluded.diagnostics
where contracts.status = 'draft'
returning contract_id;
