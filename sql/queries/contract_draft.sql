-- Records a contract as a draft with what the check found; a draft of the same id is drafted anew. No row means that the
-- contract is past its draft. Takes the checker's role.
insert into contracts (contract_id, customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on, ends_on, status, author, diagnostics,
  collection_method, days_until_due, tax)
values (:contract_id, :customer_id, :mode, :legacy_plan_version?, :usage_plan_version?, :overrides, :starts_on, :ends_on?, 'draft', :author, :diagnostics,
  :collection_method, :days_until_due?::int, :tax)
on conflict (contract_id) do update set
  customer_id = excluded.customer_id, mode = excluded.mode, legacy_plan_version = excluded.legacy_plan_version,
  usage_plan_version = excluded.usage_plan_version, overrides = excluded.overrides, starts_on = excluded.starts_on,
  ends_on = excluded.ends_on, author = excluded.author, diagnostics = excluded.diagnostics,
  collection_method = excluded.collection_method, days_until_due = excluded.days_until_due, tax = excluded.tax
where contracts.status = 'draft'
returning contract_id;
